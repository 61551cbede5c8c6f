//! OpenAPI 3.1 from the definitions: one generator, so the document cannot differ from what the API does.

use registers::{Definition, Field, FieldType, Registry};
use serde_json::{Map, Value, json};

use crate::module::Module;
use crate::values;

/// The whole document.
pub fn document(reg: &Registry, modules: &[&dyn Module], base_url: &str) -> Value {
    let (mut paths, mut schemas) = (Map::new(), common());
    for d in reg.registers.values() {
        let id = &d.register.id;
        schemas.insert(format!("{id}.fields"), fields_schema(reg, d));
        schemas.insert(id.clone(), record_schema(d));
        paths.insert(format!("/api/v1/{id}"), collection(d));
        paths.insert(format!("/api/v1/{id}/export"), export(d));
        paths.insert(format!("/api/v1/{id}/{{id}}"), one(d));
        paths.insert(format!("/api/v1/{id}/{{id}}/history"), history(d));
        if d.fields.iter().any(|f| f.kind.is_file()) {
            paths.insert(format!("/api/v1/{id}/{{id}}/files/{{field}}/{{sha256}}"), file(d));
        }
        if d.fields.iter().any(|f| f.sensitive.is_some()) {
            paths.insert(format!("/api/v1/{id}/{{id}}/unmask"), unmask(d));
        }
        if d.fields.iter().any(|f| f.kind.is_file() && f.sensitive.is_some()) {
            paths.insert(format!("/api/v1/{id}/{{id}}/files/{{field}}/{{sha256}}/unmask"), unmask_file(d));
        }
        if d.register.confirm_every.is_some() {
            paths.insert(format!("/api/v1/{id}/{{id}}/confirm"), confirm(d));
        }
        for t in &d.transitions {
            paths.insert(format!("/api/v1/{id}/{{id}}/transitions/{}", t.id), transition(d, t));
        }
    }
    paths.extend(crate::api::accounts::openapi());
    for m in modules {
        paths.extend(m.openapi());
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Lá Chắn", "version": "1", "license": { "name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later" },
            "description": "Mọi lỗi là application/problem+json (RFC 9457). Sửa cần If-Match; thêm có thể kèm Idempotency-Key." },
        "servers": [{ "url": base_url }],
        "security": [{ "token": [] }, { "session": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
                "session": { "type": "apiKey", "in": "cookie", "name": crate::ctx::SESSION_COOKIE },
            },
            "responses": { "problem": { "description": "Lỗi", "content": { "application/problem+json": { "schema": sref("problem") } } } },
        },
    })
}

fn sref(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn common() -> Map<String, Value> {
    let mut m = Map::new();
    m.insert(
        "problem".into(),
        json!({ "type": "object", "required": ["type", "title", "status"], "properties": {
            "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" },
            "detail": { "type": "string" }, "instance": { "type": "string" },
            "errors": { "type": "array", "items": { "type": "object", "required": ["field", "message"], "properties": { "field": { "type": "string" }, "message": { "type": "string" } } } },
        } }),
    );
    m.insert("link".into(), json!({ "type": "object", "required": ["id", "title"], "properties": { "id": { "type": "string" }, "title": { "type": "string" } } }));
    m.insert(
        "file".into(),
        json!({ "type": "object", "description": "Gửi lên: name và content, hoặc sha256 của tệp bản ghi đang có. Đọc ra: mọi khoá trừ content.", "properties": {
            "name": { "type": "string" }, "content": { "type": "string", "contentEncoding": "base64", "writeOnly": true, "description": format!("Tối đa {} MB sau giải mã. Nhận {}.", registers::MOST_FILE >> 20, registers::FILE_KINDS_VI) },
            "sha256": { "type": "string", "pattern": "^[0-9a-f]{64}$" }, "size": { "type": "integer", "readOnly": true }, "media": { "type": "string", "readOnly": true },
        } }),
    );
    m.insert(
        "history".into(),
        json!({ "type": "object", "required": ["leaf", "version", "action", "at", "who", "changes"], "properties": {
            "leaf": { "type": "integer" }, "version": { "type": "integer" }, "action": { "type": "string" }, "at": { "type": "string", "format": "date-time" },
            "who": { "type": "string" }, "reason": { "type": ["string", "null"] },
            "changes": { "type": "object", "additionalProperties": { "type": "object", "properties": { "before": {}, "after": {} } } },
        } }),
    );
    m
}

fn field_schema(reg: &Registry, f: &Field) -> Value {
    let mut v = match &f.kind {
        FieldType::Integer | FieldType::Money => json!({ "type": ["integer", "null"], "format": "int64" }),
        FieldType::Year => json!({ "type": ["integer", "null"] }),
        FieldType::Decimal => json!({ "type": ["number", "null"] }),
        FieldType::Bool => json!({ "type": ["boolean", "null"] }),
        FieldType::Date => json!({ "type": ["string", "null"], "format": "date" }),
        FieldType::Email => json!({ "type": ["string", "null"], "format": "email" }),
        FieldType::Url => json!({ "type": ["string", "null"], "format": "uri" }),
        FieldType::Choice(list) => {
            let ids: Vec<Value> =
                reg.choices.get(list).map(|l| l.options.iter().map(|o| json!(o.id)).chain([Value::Null]).collect()).unwrap_or_default();
            json!({ "enum": ids })
        }
        FieldType::File | FieldType::Files => {
            let most = if f.kind == FieldType::File { 1 } else { registers::MOST_FILES };
            json!({ "type": ["array", "null"], "maxItems": most, "items": sref("file") })
        }
        FieldType::Links(t) => json!({ "type": ["array", "null"], "items": { "type": "string" }, "x-register": t }),
        FieldType::Link(t) => json!({ "type": ["string", "null"], "x-register": t }),
        _ => json!({ "type": ["string", "null"] }),
    };
    v["title"] = json!(f.label.vi);
    if !f.help.vi.is_empty() {
        v["description"] = json!(f.help.vi);
    }
    if f.sensitive.is_some() {
        v["x-sensitive"] = json!(true);
    }
    v
}

fn fields_schema(reg: &Registry, d: &Definition) -> Value {
    let all = values::fields(d);
    let props: Map<String, Value> = all.iter().map(|f| (f.id.clone(), field_schema(reg, f))).collect();
    json!({ "type": "object", "additionalProperties": false, "title": d.register.label.vi, "description": d.register.help.vi, "properties": props })
}

fn record_schema(d: &Definition) -> Value {
    let states: Vec<Value> = d.states.iter().map(|s| json!(s.id)).collect();
    let state = if states.is_empty() { json!({ "type": "null" }) } else { json!({ "enum": states }) };
    json!({ "type": "object", "required": ["register", "id", "version", "title", "fields", "created_at", "updated_at"], "properties": {
        "register": { "const": d.register.id }, "id": { "type": "string" }, "version": { "type": "integer", "format": "int64" }, "state": state, "title": { "type": "string" },
        "fields": sref(&format!("{}.fields", d.register.id)), "links": { "type": "object", "additionalProperties": { "type": "array", "items": sref("link") } },
        "masked": { "type": "array", "items": { "type": "string" } }, "confirmed_on": { "type": ["string", "null"], "format": "date" },
        "created_at": { "type": "string", "format": "date-time" }, "updated_at": { "type": "string", "format": "date-time" }, "deleted": { "type": "boolean" },
    } })
}

fn json_body(schema: Value) -> Value {
    json!({ "application/json": { "schema": schema } })
}

fn answer(code: &str, text: &str, schema: Value) -> Value {
    let problem = json!({ "$ref": "#/components/responses/problem" });
    json!({ code: { "description": text, "headers": { "ETag": { "schema": { "type": "string" } } }, "content": json_body(schema) }, "default": problem })
}

fn body_of(d: &Definition, names: &[&str], required: &[&str]) -> Value {
    let mut props = Map::new();
    for n in names {
        props.insert(
            (*n).into(),
            if *n == "fields" { sref(&format!("{}.fields", d.register.id)) } else { json!({ "type": ["string", "null"] }) },
        );
    }
    json!({ "required": !required.is_empty(), "content": json_body(json!({ "type": "object", "additionalProperties": false, "required": required, "properties": props })) })
}

fn query(name: &str, text: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "query", "description": text, "schema": schema })
}

fn if_match() -> Value {
    json!({ "name": "If-Match", "in": "header", "required": true, "description": "ETag của lần đọc gần nhất", "schema": { "type": "string" } })
}

fn id_param() -> Value {
    json!([{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }])
}

fn op(d: &Definition, name: &str, summary: &str) -> Value {
    json!({ "operationId": format!("{}.{name}", d.register.id), "summary": format!("{summary}: {}", d.register.label.vi), "tags": [d.register.id] })
}

fn collection(d: &Definition) -> Value {
    let id = &d.register.id;
    let text = json!({ "type": "string" });
    let mut params = vec![
        query("q", "Từ cần tìm, không phân biệt dấu", text.clone()),
        query("where", "Điều kiện bằng ngôn ngữ quy tắc", text.clone()),
        query("sort", "Trường; thêm - đằng trước để giảm dần", text.clone()),
        query("after", "Con trỏ của trang trước", text.clone()),
        query("limit", "Số dòng một trang", json!({ "type": "integer", "minimum": 1, "maximum": 500, "default": 50 })),
        query("as_of", "Ngày; all = mọi thời điểm", text.clone()),
    ];
    params.extend(
        values::fields(d)
            .iter()
            .filter(|f| !f.kind.is_file())
            .map(|f| query(&format!("f.{}", f.id), &f.label.vi, json!({ "type": "array", "items": { "type": "string" } }))),
    );
    let mut get = op(d, "list", "Danh sách");
    get["parameters"] = json!(params);
    let page = json!({ "type": "object", "required": ["items", "total"], "properties": {
        "items": { "type": "array", "items": sref(id) }, "next": { "type": ["string", "null"] }, "total": { "type": "integer" } } });
    get["responses"] = answer("200", "Một trang", page);
    let mut post = op(d, "create", "Thêm");
    post["parameters"] =
        json!([{ "name": "Idempotency-Key", "in": "header", "schema": { "type": "string", "minLength": 1, "maxLength": 128 } }]);
    post["requestBody"] = body_of(d, &["fields"], &["fields"]);
    let starts: Vec<&str> = d.states.iter().enumerate().filter(|(n, s)| *n == 0 || s.start).map(|(_, s)| s.id.as_str()).collect();
    if starts.len() > 1 {
        post["requestBody"]["content"]["application/json"]["schema"]["properties"]["state"] = json!({ "enum": starts, "default": starts[0], "description": "Trạng thái bắt đầu; cần quyền và các trường của bước chuyển tới trạng thái đó" });
    }
    multipart(d, &mut post, &["state"]);
    post["responses"] = answer("201", "Đã thêm", sref(id));
    json!({ "get": get, "post": post })
}

fn one(d: &Definition) -> Value {
    let id = &d.register.id;
    let mut get = op(d, "read", "Đọc");
    get["responses"] = answer("200", "Bản ghi", sref(id));
    let mut patch = op(d, "update", "Sửa");
    patch["parameters"] = json!([if_match()]);
    patch["requestBody"] = body_of(d, &["fields", "reason"], &["fields"]);
    patch["responses"] = answer("200", "Đã sửa", sref(id));
    let mut delete = op(d, "delete", "Rút");
    delete["parameters"] = json!([if_match()]);
    delete["requestBody"] = reason_body();
    delete["responses"] = json!({ "204": { "description": "Đã rút" }, "default": { "$ref": "#/components/responses/problem" } });
    let mut all = json!({ "parameters": id_param(), "get": get, "patch": patch, "delete": delete });
    if multipart(d, &mut all["patch"], &["reason"]) {
        let mut post = all["patch"].clone();
        post["operationId"] = json!(format!("{id}.update_files"));
        post["requestBody"]["required"] = json!(true);
        post["requestBody"]["content"].as_object_mut().map(|c| c.remove("application/json"));
        all["post"] = post;
    }
    all
}

/// The same body with its files beside it, where the register has fields of files.
fn multipart(d: &Definition, op: &mut Value, texts: &[&str]) -> bool {
    let files: Vec<&Field> = d.fields.iter().filter(|f| f.kind.is_file()).collect();
    if files.is_empty() {
        return false;
    }
    let mut props = Map::from_iter([("fields".to_owned(), sref(&format!("{}.fields", d.register.id)))]);
    props.extend(texts.iter().map(|t| ((*t).to_owned(), json!({ "type": "string" }))));
    let binary = json!({ "type": "string", "format": "binary" });
    for f in files {
        let one = if f.kind == FieldType::File { binary.clone() } else { json!({ "type": "array", "items": binary }) };
        props.insert(f.id.clone(), one);
    }
    op["requestBody"]["content"]["multipart/form-data"] = json!({
        "schema": { "type": "object", "additionalProperties": false, "properties": props,
            "description": format!("Mỗi tệp tối đa {} MB. Nhận {}. Trường một tệp: tệp cuối thay tệp đang có; trường nhiều tệp: thêm vào.", registers::MOST_FILE >> 20, registers::FILE_KINDS_VI) },
        "encoding": { "fields": { "contentType": "application/json" } },
    });
    true
}

fn unmask(d: &Definition) -> Value {
    let mut post = op(d, "unmask", "Xem thông tin đang che, có ghi sổ cái");
    post["requestBody"] = reason_body();
    post["responses"] = answer("200", "Bản ghi, không che", sref(&d.register.id));
    json!({ "parameters": id_param(), "post": post })
}

fn unmask_file(d: &Definition) -> Value {
    let mut v = file(d);
    let mut post = op(d, "unmask_file", "Tải tệp đang che, có ghi sổ cái");
    post["requestBody"] = reason_body();
    post["responses"] = v["get"]["responses"].take();
    json!({ "parameters": v["parameters"].take(), "post": post })
}

fn reason_body() -> Value {
    json!({ "required": true, "content": json_body(json!({ "type": "object", "additionalProperties": false, "required": ["reason"], "properties": { "reason": { "type": "string" } } })) })
}

fn history(d: &Definition) -> Value {
    let mut get = op(d, "history", "Lịch sử");
    get["responses"] = answer(
        "200",
        "Mới nhất trước",
        json!({ "type": "object", "required": ["items"], "properties": { "items": { "type": "array", "items": sref("history") } } }),
    );
    json!({ "parameters": id_param(), "get": get })
}

fn file(d: &Definition) -> Value {
    let fields: Vec<&str> = d.fields.iter().filter(|f| f.kind.is_file()).map(|f| f.id.as_str()).collect();
    let mut get = op(d, "file", "Tải tệp");
    get["responses"] = json!({ "200": { "description": "Nội dung tệp", "content": { "*/*": {} } }, "default": { "$ref": "#/components/responses/problem" } });
    let path = |name: &str, schema: Value| json!({ "name": name, "in": "path", "required": true, "schema": schema });
    json!({ "parameters": [path("id", json!({ "type": "string" })), path("field", json!({ "enum": fields })), path("sha256", json!({ "type": "string" }))], "get": get })
}

fn export(d: &Definition) -> Value {
    let mut get = op(d, "export", "Tải .xlsx");
    let mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    get["responses"] = json!({ "200": { "description": "Danh sách đã lọc", "content": { mime: {} } }, "default": { "$ref": "#/components/responses/problem" } });
    json!({ "get": get })
}

fn confirm(d: &Definition) -> Value {
    let mut post = op(d, "confirm", "Xác nhận còn đúng");
    post["responses"] = answer("200", "Đã xác nhận", sref(&d.register.id));
    json!({ "parameters": id_param(), "post": post })
}

fn transition(d: &Definition, t: &registers::definition::Transition) -> Value {
    let mut post = op(d, &format!("transition.{}", t.id), &t.label.vi);
    post["parameters"] = json!([if_match()]);
    let required: &[&str] = if t.reason { &["reason"] } else { &[] };
    post["requestBody"] = body_of(d, &["fields", "reason"], required);
    post["responses"] = answer("200", "Đã chuyển trạng thái", sref(&d.register.id));
    json!({ "parameters": id_param(), "post": post })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere() {
        let mut reg = Registry::default();
        reg.registers.insert("person".into(), crate::links::tests::def());
        let doc = document(&reg, &[], "http://x");
        let text = doc.to_string();
        let mut seen = 0;
        for part in text.split("#/").skip(1) {
            let path: String = part.chars().take_while(|c| *c != '"').collect();
            assert!(doc.pointer(&format!("/{path}")).is_some(), "{path}");
            seen += 1;
        }
        assert!(seen > 10);
        assert!(doc.pointer("/paths/~1api~1v1~1person~1{id}~1transitions~1finish/post").is_some());
        assert_eq!(doc["components"]["schemas"]["person.fields"]["properties"]["born"]["format"], "date");
    }
}
