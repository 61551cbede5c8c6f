//! From positioned text to lines and table rows: baselines, gaps, ruled tables.

use crate::normalise::spaces;
use crate::pdf_content::{Page, Piece, Rule};

/// Text of a line and its cells (none for plain text).
type Laid = (String, Vec<String>);

/// A ruled band of a page: one row of a table.
struct Band {
    top: f32,
    bottom: f32,
    edges: Vec<f32>,
}

/// Lays out one page, top to bottom.
pub fn lay_out(page: &Page) -> Vec<Laid> {
    let bands = bands(page);
    let mut used = vec![false; page.pieces.len()];
    let mut items: Vec<(f32, Laid)> = Vec::new();
    for (band, columns) in with_columns(bands) {
        let mut cells: Vec<Vec<&Piece>> = vec![Vec::new(); columns.len().saturating_sub(1)];
        for (at, piece) in page.pieces.iter().enumerate() {
            let middle = piece.y + piece.size * 0.3;
            if used[at] || middle > band.top || middle < band.bottom {
                continue;
            }
            // A piece belongs to the cell of its own row; merged cells span several columns.
            let Some(cell) = cell_of(&band.edges, piece.x + 1.0) else { continue };
            let column = columns.iter().position(|x| (x - band.edges[cell]).abs() < 3.0).unwrap_or(cell);
            if let Some(cell) = cells.get_mut(column) {
                used[at] = true;
                cell.push(piece);
            }
        }
        let texts: Vec<String> = cells.into_iter().map(cell_text).collect();
        if texts.iter().any(|t| !t.is_empty()) {
            let text = texts.join("\t").replace('\n', " ");
            items.push((band.top, (text, texts)));
        }
    }
    let free: Vec<&Piece> = page.pieces.iter().zip(&used).filter(|(_, u)| !**u).map(|(p, _)| p).collect();
    let lines = baselines(free);
    let spacing = typical_spacing(&lines);
    let mut last: Option<f32> = None;
    for line in &lines {
        let y = line.first().map_or(0.0, |p| p.y);
        if last.is_some_and(|above| above - y > spacing * 1.22) {
            items.push((y + 0.01, (String::new(), Vec::new())));
        }
        last = Some(y);
        let laid = line_text(line);
        // A lone letter is the clipped trace of a line on the neighbouring page.
        if laid.0.chars().count() != 1 || !laid.0.chars().all(char::is_alphabetic) {
            items.push((y, laid));
        }
    }
    items.sort_by(|a, b| b.0.total_cmp(&a.0));
    items.into_iter().map(|(_, laid)| laid).collect()
}

/// Values closer than `near` become one.
fn merge_close(mut values: Vec<f32>, near: f32) -> Vec<f32> {
    values.sort_by(f32::total_cmp);
    let mut out: Vec<f32> = Vec::new();
    for value in values {
        if out.last().is_none_or(|last| value - last > near) {
            out.push(value);
        }
    }
    out
}

/// Bands between horizontal rules that are crossed by at least three vertical rules, or by two when
/// they touch such a band.
fn bands(page: &Page) -> Vec<Band> {
    if page.vertical.len() < 2 || page.horizontal.len() < 2 || page.vertical.len() > 20_000 {
        return Vec::new();
    }
    // Ends of vertical rules count as levels: a row cut by the page end has no rule of its own there.
    let ends = page.vertical.iter().flat_map(|r| [r.from, r.to]);
    let levels = merge_close(page.horizontal.iter().map(|r| r.at).chain(ends).collect(), 2.5);
    if levels.len() > 2000 {
        return Vec::new();
    }
    let mut out = Vec::new();
    for pair in levels.windows(2).rev() {
        let (bottom, top) = (pair[0], pair[1]);
        let middle = (bottom + top) / 2.0;
        let crosses = |rule: &&Rule| rule.from - 1.0 <= middle && rule.to + 1.0 >= middle;
        let edges = merge_close(page.vertical.iter().filter(crosses).map(|r| r.at).collect(), 2.5);
        if edges.len() >= 2 && top - bottom > 5.0 {
            out.push(Band { top, bottom, edges });
        }
    }
    out
}

/// Joins touching bands to tables and gives each band the columns of its table.
fn with_columns(bands: Vec<Band>) -> Vec<(Band, Vec<f32>)> {
    let mut groups: Vec<Vec<Band>> = Vec::new();
    for band in bands {
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|above| (above.bottom - band.top).abs() < 3.0) => group.push(band),
            _ => groups.push(vec![band]),
        }
    }
    let mut out = Vec::new();
    for group in groups {
        let columns = merge_close(group.iter().flat_map(|b| b.edges.iter().copied()).collect(), 3.0);
        if columns.len() < 4 {
            continue;
        }
        out.extend(group.into_iter().map(|band| (band, columns.clone())));
    }
    out
}

/// Index of the cell that contains `x`.
fn cell_of(edges: &[f32], x: f32) -> Option<usize> {
    let right = edges.iter().position(|edge| *edge > x)?;
    right.checked_sub(1)
}

/// Groups pieces to lines by their baseline, each line left to right.
fn baselines(mut pieces: Vec<&Piece>) -> Vec<Vec<&Piece>> {
    pieces.sort_by(|a, b| b.y.total_cmp(&a.y));
    let mut lines: Vec<Vec<&Piece>> = Vec::new();
    for piece in pieces {
        match lines.last_mut() {
            Some(line) if line.first().is_some_and(|p| (p.y - piece.y).abs() < p.size.max(piece.size) * 0.45) => line.push(piece),
            _ => lines.push(vec![piece]),
        }
    }
    for line in &mut lines {
        line.sort_by(|a, b| a.x.total_cmp(&b.x));
    }
    lines
}

fn typical_spacing(lines: &[Vec<&Piece>]) -> f32 {
    let ys: Vec<f32> = lines.iter().filter_map(|l| l.first().map(|p| p.y)).collect();
    let mut steps: Vec<f32> = ys.windows(2).map(|p| p[0] - p[1]).filter(|d| *d > 4.0).collect();
    steps.sort_by(f32::total_cmp);
    // A low quantile: the distance inside paragraphs, not between them.
    steps.get(steps.len() * 35 / 100).copied().unwrap_or(16.0)
}

/// Text of a line; gaps wider than three letters cut it into cells (two-column letterheads).
fn line_text(line: &[&Piece]) -> Laid {
    let mut cells: Vec<String> = vec![String::new()];
    let mut end: Option<f32> = None;
    for piece in line {
        let gap = end.map_or(0.0, |e| piece.x - e);
        if gap > piece.size * 3.0 {
            cells.push(String::new());
        } else if gap > piece.size * 0.17 && end.is_some() {
            push(&mut cells, " ");
        }
        push(&mut cells, &piece.text);
        end = Some(piece.end.max(end.unwrap_or(piece.end)));
    }
    let cells: Vec<String> = cells.iter().map(|c| spaces(c)).filter(|c| !c.is_empty()).collect();
    let marker = cells.first().is_some_and(|c| c.chars().count() <= 4);
    if cells.len() > 1 && !marker { (cells.join("\t"), cells) } else { (cells.join(" "), Vec::new()) }
}

fn push(cells: &mut [String], text: &str) {
    if let Some(cell) = cells.last_mut() {
        cell.push_str(text);
    }
}

/// Text of a table cell: its lines joined, bullets on lines of their own.
fn cell_text(pieces: Vec<&Piece>) -> String {
    let mut out = String::new();
    for line in baselines(pieces) {
        let (text, _) = line_text(&line);
        let text = text.replace('\t', " ");
        // A dash at the start of a line is a bullet only behind a closed item.
        let closed = out.ends_with(['.', ';', ':', ')']);
        let hyphen = out.ends_with('-') && !out.ends_with(" -");
        if closed && (text.starts_with("- ") || text.starts_with("+ ")) {
            out.push('\n');
        } else if !out.is_empty() && !hyphen {
            out.push(' ');
        }
        out.push_str(&text);
    }
    spaces(&out)
}
