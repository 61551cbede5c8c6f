//! Pictures of a consolidated report, the same on its page and in its document.

use charts::{Row, Share, Tile, Tone, ranking, tile_map};
use registers::Registry;
use store::Result;
use targets::{Catalogue, FigureKind};
use web::{Lang, fmt};

use crate::figures::Line;
use crate::summary::{Consolidated, Filing};
use crate::template::Section;

/// A picture and what it is called.
pub struct Picture {
    /// Complete SVG.
    pub svg: String,
    /// Caption; also what a reader who cannot see it is told.
    pub caption: String,
}

/// The shares of a section, whole province: met, not met, no data. `None` when it has no share of anything.
pub fn section(reg: &Registry, s: &Section, c: &Consolidated, lang: Lang) -> Result<Option<Picture>> {
    let catalogue = Catalogue::of(reg)?;
    let mut rows = Vec::new();
    for id in &s.indicators {
        let Some(l) = c.live.iter().find(|l| l.id == *id) else { continue };
        let rule = catalogue.compiled(id)?;
        if matches!(rule.indicator.kind, FigureKind::Share | FigureKind::Violations) && l.met + l.unmet + l.unknown > 0 {
            rows.push(row(rule.indicator.label.vi_or_en(lang == Lang::En), l));
        }
    }
    if rows.is_empty() {
        return Ok(None);
    }
    let caption =
        format!("{}: {}", lang.label(&s.label), lang.t("đạt, chưa đạt, chưa có dữ liệu (gạch chéo)", "met, not met, no data (hatched)"));
    Ok(Some(Picture { svg: ranking(&rows, &caption), caption }))
}

fn row(label: &str, l: &Line) -> Row {
    let all = l.met + l.unmet + l.unknown;
    let figure = match fmt::percent(l.met, all) {
        _ if l.met + l.unmet == 0 => "–".to_owned(),
        Some(p) => p,
        None => "–".to_owned(),
    };
    Row { label: label.to_owned(), share: Share { met: l.met, unmet: l.unmet, nodata: l.unknown, goal: None }, figure }
}

/// Who has filed, as tiles. `None` for a summary frozen before this was kept, or with too many agencies for one picture.
pub fn filing(c: &Consolidated, lang: Lang) -> Option<Picture> {
    if c.filing.is_empty() {
        return None;
    }
    let word = |f: Filing| match f {
        Filing::InTime => lang.t("đúng hạn", "in time"),
        Filing::Late => lang.t("nộp muộn", "late"),
        Filing::Missing => lang.t("chưa nộp", "missing"),
    };
    let tone = |f: Filing| match f {
        Filing::InTime => Tone::Met,
        Filing::Late => Tone::Soon,
        Filing::Missing => Tone::Unmet,
    };
    let tiles: Vec<Tile> =
        c.filing.iter().map(|(name, f)| Tile { label: short(name), figure: word(*f).to_owned(), tone: tone(*f) }).collect();
    let legend: Vec<(Tone, &str)> = [Filing::InTime, Filing::Late, Filing::Missing].into_iter().map(|f| (tone(f), word(f))).collect();
    let caption = lang.t("Tình hình nộp báo cáo của các cơ quan", "Who has filed").to_owned();
    Some(Picture { svg: tile_map(&tiles, &legend, &caption), caption })
}

/// What tells agencies of one province apart: "xã Bến Lau" of its committee, else the whole name.
fn short(name: &str) -> String {
    name.strip_prefix("Ủy ban nhân dân ").unwrap_or(name).to_owned()
}
