//! `/api/v1/cascade/…`: plans below a plan. One answer is written by the generic API of `task_answer`.

use access::Verb;
use registers::Record;
use serde_json::{Map, Value, json};
use web::App;
use web::api::{Api, ApiFail};
use web::axum::extract::Path;
use web::axum::response::{IntoResponse, Response};
use web::axum::routing::{get, post};
use web::axum::{Json, Router};

use crate::asked::{Asked, asked, take_sure};
use crate::pairs::Short;
use crate::tracker::{Spread, Tracker, tracker};

/// Addresses under `/api/v1/cascade`.
pub fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/cascade/{plan}", get(below))
        .route("/api/v1/cascade/{plan}/answers", get(answers))
        .route("/api/v1/cascade/{plan}/answers/sure", post(sure))
}

async fn below(actor: Api, Path(plan): Path<String>) -> Result<Response, ApiFail> {
    actor.may(Verb::Read, "task_answer")?;
    let t = actor.read(move |tx, who| tracker(tx, &who.reg, &who.actor, &plan)).await?;
    Ok(Json(tracker_json(&t)).into_response())
}

async fn answers(actor: Api, Path(plan): Path<String>) -> Result<Response, ApiFail> {
    actor.may(Verb::Read, "task_answer")?;
    let a = actor.read(move |tx, who| asked(tx, &who.reg, &who.actor, &plan)).await?;
    Ok(Json(asked_json(&a)).into_response())
}

async fn sure(actor: Api, Path(plan): Path<String>) -> Result<Response, ApiFail> {
    actor.may(Verb::Create, "task_answer")?;
    let taken = actor.write(move |tx, who| take_sure(tx, &who.reg, &who.actor, &plan)).await?;
    Ok(Json(json!({ "taken": taken })).into_response())
}

fn plan_json(p: &Record) -> Value {
    json!({ "id": p.id, "number": p.text("number"), "issued_on": p.text("issued_on"), "state": p.state })
}

fn spread_json(s: Spread) -> Value {
    json!({ "asked": s.asked, "own": s.own, "joint": s.joint, "not_ours": s.not_ours, "open": s.open() })
}

/// What page, API and command say of a plan above.
pub fn tracker_json(t: &Tracker) -> Value {
    let agency = |a: &crate::tracker::AgencyLine| {
        // without a plan there is nothing to answer in: no data
        let answers = a.plan.as_ref().map(|_| spread_json(a.spread));
        json!({ "agency": a.agency.0, "name": a.agency.1, "plan": a.plan.as_ref().map(plan_json), "asked": a.spread.asked, "answers": answers, "short": a.plan.as_ref().map(|_| a.short) })
    };
    let target = |l: &crate::tracker::TargetLine| {
        let short = |(t, how): &(Record, Short)| json!({ "target": t.id, "plan": t.text("plan"), "how": if *how == Short::Less { "less" } else { "later" } });
        json!({ "target": l.target.id, "indicator": l.target.text("indicator"), "taken_up": l.taken_up, "short": l.short.iter().map(short).collect::<Vec<_>>() })
    };
    json!({
        "plan": plan_json(&t.plan),
        "in_force": t.in_force(),
        "answers": spread_json(t.spread()),
        "agencies": t.agencies.iter().map(agency).collect::<Vec<_>>(),
        "tasks": t.tasks.iter().map(|(r, s)| json!({ "task": r.id, "no": r.text("no"), "answers": spread_json(*s) })).collect::<Vec<_>>(),
        "targets": t.targets.iter().map(target).collect::<Vec<_>>(),
    })
}

/// What page, API and command say of a plan below.
pub fn asked_json(a: &Asked) -> Value {
    let answer = |r: &Record| json!({ "id": r.id, "version": r.version, "kind": r.text("kind"), "answers": r.links("answers"), "reason": r.text("reason") });
    let line = |l: &crate::asked::Line| {
        let guesses: Vec<Value> = l.guesses.iter().map(|g| json!({ "task": g.task, "share": (g.share * 100.0).round() / 100.0 })).collect();
        json!({ "task": l.task.id, "no": l.task.text("no"), "content": l.task.text("content"), "answer": l.answer.as_ref().map(answer), "suggested": guesses })
    };
    json!({ "plan": plan_json(&a.plan), "parent": a.parent.as_ref().map(plan_json), "open": a.open(), "lines": a.lines.iter().map(line).collect::<Vec<_>>() })
}

/// Paths of the OpenAPI document.
pub fn openapi() -> Map<String, Value> {
    let ok = |text: &str| json!({ "200": { "description": text }, "default": { "$ref": "#/components/responses/problem" } });
    let plan = json!({ "name": "plan", "in": "path", "required": true, "schema": { "type": "string" } });
    let op = |id: &str, summary: &str, text: &str| json!({ "operationId": id, "summary": summary, "tags": ["cascade"], "parameters": [plan], "responses": ok(text) });
    Map::from_iter([
        (
            "/api/v1/cascade/{plan}".to_owned(),
            json!({ "get": op("cascade_below", "Plans below a plan, its tasks and targets there", "Agencies, tasks, targets") }),
        ),
        (
            "/api/v1/cascade/{plan}/answers".to_owned(),
            json!({ "get": op("cascade_answers", "Tasks from above and what this plan answers", "Lines with answer and suggestions") }),
        ),
        (
            "/api/v1/cascade/{plan}/answers/sure".to_owned(),
            json!({ "post": op("cascade_take_sure", "Takes every suggestion that is nearly word for word", "How many") }),
        ),
    ])
}
