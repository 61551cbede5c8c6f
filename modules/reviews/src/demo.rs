//! The review of half a year of the plan of Sao Mai, being prepared.

use registers::actions;
use store::Result;
use web::DemoContext;
use web::demo::t;

use crate::{all_where, is};

/// One review, still a draft: people freeze it themselves.
pub fn sow(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let actor = cx.actor.clone();
    let Some(plan) = all_where(cx.tx, cx.registry, &actor, "plan", vec![is("level", "province")])?.into_iter().next() else {
        return Ok(());
    };
    let values = [
        ("plan", t(&plan.id)),
        ("kind", t("preliminary")),
        ("name", t("Sơ kết năm đầu thực hiện Kế hoạch")),
        ("due_on", t("2026-12-20")),
        ("as_of", t("2026-11-15")),
        ("baseline_on", t("2026-06-30")),
        ("results", t("Các cơ quan đã chỉ định đầu mối và bắt đầu thống kê hệ thống thông tin theo cấp độ.")),
        ("shortcomings", t("Nhiều xã chưa thử khôi phục dữ liệu từ bản sao lưu vì thiếu nơi lưu.")),
    ];
    let values = values.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
    actions::create(cx.tx, cx.registry, &actor, "plan_review", values, None).map(drop)
}
