//! Nothing a file holds may make the reader panic or hang.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::{read, read_text};

/// A small linear congruential generator: the same mutations on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides.max(1)
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let mut out: Vec<Vec<u8>> = files.iter().map(|f| std::fs::read(f).unwrap()).collect();
    out.push(crate::docx::tests::sample());
    out.push(crate::pdf::tests::sample());
    out
}

#[test]
fn mutated_files_always_get_an_answer() {
    let mut dice = Dice(7);
    for seed in seeds() {
        for _ in 0..60 {
            let mut bytes = seed.clone();
            for _ in 0..=dice.roll(12) {
                let at = dice.roll(bytes.len());
                match dice.roll(4) {
                    0 => bytes[at] = u8::try_from(dice.roll(256)).unwrap(),
                    1 => bytes.truncate(at.max(1)),
                    2 => {
                        let end = (at + dice.roll(200)).min(bytes.len());
                        let copy = bytes[at..end].to_vec();
                        bytes.splice(at..at, copy);
                    }
                    _ => {
                        let end = (at + dice.roll(40)).min(bytes.len());
                        bytes.drain(at..end);
                    }
                }
                if bytes.is_empty() {
                    bytes.push(b'x');
                }
            }
            let start = Instant::now();
            let _ = read(&bytes, "a.bin");
            assert!(start.elapsed() < Duration::from_secs(10));
        }
    }
}

/// Lines are shuffled, cut and glued: the text stays valid, the structure does not.
#[test]
fn scrambled_plans_always_get_an_answer() {
    let mut dice = Dice(11);
    for seed in seeds().into_iter().take(3) {
        let text = String::from_utf8(seed).unwrap();
        let lines: Vec<&str> = text.split('\n').collect();
        for _ in 0..80 {
            let mut out = String::new();
            for _ in 0..lines.len() {
                let line = lines[dice.roll(lines.len())];
                let from = line.char_indices().nth(dice.roll(8)).map_or(0, |(i, _)| i);
                out.push_str(if dice.roll(3) == 0 { &line[from..] } else { line });
                out.push_str(["\n", "\n\n", "\t", " | ", " "][dice.roll(5)]);
            }
            let plan = read_text(&out);
            let count = out.split('\n').count();
            assert!(plan.tasks.iter().flat_map(|t| &t.lines).all(|l| (1..=count).contains(l)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_get_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = read(&bytes, "x");
    }

    #[test]
    fn any_text_gets_an_answer(text in "[\\PC\\n\\t|.;:()/%0-9IVXaáđ\\- ]{0,400}") {
        let _ = read_text(&text);
    }

    #[test]
    fn any_period_words_get_an_answer(
        words in proptest::collection::vec(
            prop_oneof![
                Just("quý".to_owned()), Just("tháng".to_owned()), Just("tuần".to_owned()), Just("trước".to_owned()),
                Just("năm".to_owned()), Just("hằng năm".to_owned()), Just("khi".to_owned()), Just("II,".to_owned()), Just("/".to_owned()), Just("-".to_owned()),
                "[0-9]{1,4}", "[0-9]{1,2}/[0-9]{1,2}(/[0-9]{4})?", Just("(đến".to_owned()), Just("6 tháng đầu năm".to_owned()),
            ],
            0..8,
        ),
        year in proptest::option::of(1990i32..2100),
    ) {
        if let Some(schedule) = crate::schedule::read(&words.join(" "), year) {
            let json = serde_json::to_value(&schedule).unwrap();
            for name in ["due", "from", "to"] {
                if let Some(date) = json.get(name).and_then(|d| d.as_str()) {
                    prop_assert_eq!(date.len(), 10);
                }
            }
        }
    }
}

/// A 300-page document: some 6,000 paragraphs and 2,000 table rows.
#[test]
fn a_300_page_plan_is_read_quickly() {
    let mut text = String::from("KẾ HOẠCH\n\nKế hoạch dài của tỉnh Sao Mai năm 2026\n\nI. MỤC TIÊU\n\n");
    for at in 0..3000 {
        text.push_str(&format!("- Phấn đấu {}% cán bộ, công chức, viên chức tại các sở, ban, ngành và Ủy ban nhân dân các xã, phường được tập huấn kỹ năng an ninh mạng, theo Quyết định số {at}/QĐ-TTg ngày 01/02/2026.\n\n", at % 100));
    }
    text.push_str("II. NHIỆM VỤ\n\nSTT\tNhiệm vụ\tChủ trì\tPhối hợp\tThời gian\n");
    for at in 1..=3000 {
        text.push_str(&format!("{at}\tTriển khai hệ thống giám sát an ninh mạng số {at} cho các cơ quan, đơn vị trên địa bàn tỉnh\tCông an tỉnh, Sở Khoa học và Công nghệ\tCác sở, ban, ngành, UBND cấp xã\tQuý II/2026\n"));
    }
    let start = Instant::now();
    let plan = read_text(&text);
    let elapsed = start.elapsed();
    eprintln!("{} KB in {elapsed:?}", text.len() >> 10);
    assert_eq!((plan.objectives.len(), plan.tasks.len()), (3000, 3000));
    // The goal is 2 s with optimisation; this build has none.
    assert!(elapsed < Duration::from_secs(15), "{elapsed:?}");
}

/// Many different sections, documents, agencies: nothing may compare all with all.
#[test]
fn many_different_things_stay_linear() {
    let builders: [fn(usize) -> String; 4] = [
        |n| format!("I. Mục số {n} của kế hoạch\n\n"),
        |n| format!("- Quyết định số {n}/QĐ-TTg ngày 01/02/2026 và Nghị định số {n}/2025/NĐ-CP\n\n"),
        |n| format!("{n}\tViệc số {n}\tCác cơ quan số {n} liên quan\tSở Số {n}\tQuý I/2026\n"),
        |n| format!("- Sở Số {n} tỉnh Tỉnh{n} chủ trì, phối hợp với Sở Khác {n} thực hiện\n"),
    ];
    for (at, build) in builders.iter().enumerate() {
        let mut text = String::from("KẾ HOẠCH\n\nTên\n\nI. TỔ CHỨC THỰC HIỆN\n\nSTT\tNhiệm vụ\tChủ trì\tPhối hợp\tThời gian\n");
        (0..12_000).for_each(|n| text.push_str(&build(n)));
        let start = Instant::now();
        let _ = read_text(&text);
        assert!(start.elapsed() < Duration::from_secs(20), "{at}: {:?}", start.elapsed());
        eprintln!("{at}: {:?}", start.elapsed());
    }
}

#[test]
fn pathological_lines_stay_linear() {
    for piece in
        ["(", ";", "- ", "Công an tỉnh, ", "1.1.1.1 ", "quý ", "100% ", "<b", "&", "**", "\t", "|", "số 1/Q", "không ", "phối hợp "]
    {
        let text = format!("KẾ HOẠCH\n\nI. MỤC TIÊU\n\n- {}\n", piece.repeat(60_000 / piece.len()));
        let start = Instant::now();
        let _ = read_text(&text);
        assert!(start.elapsed() < Duration::from_secs(5), "{piece:?}: {:?}", start.elapsed());
    }
}
