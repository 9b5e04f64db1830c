//! Scripts in Envoy's Lua filter.

use harness::bootstrap::Filter;
use serde_json::json;

use crate::job::{Form, Job};
use crate::row::Row;

const ONE_HEADER: &str = r#"
function envoy_on_response(handle)
  handle:headers():add("x-a", "1")
end
"#;

const FIVE_HEADERS: &str = r#"
function envoy_on_response(handle)
  local headers = handle:headers()
  headers:add("x-a", "1")
  headers:add("x-b", "2")
  headers:add("x-c", "3")
  headers:add("x-d", "4")
  headers:add("x-e", "5")
end
"#;

const REGEX: &str = r#"
function envoy_on_request(handle)
  local headers = handle:headers()
  local path = headers:get(":path")
  headers:replace(":path", (string.gsub(path, "banana/([0-9]*)", "status/%1")))
end
"#;

const EDIT: &str = r#"
function envoy_on_response(handle)
  local headers = handle:headers()
  local target = headers:get("x-target")
  headers:replace("x-target", (string.gsub(target, "banana/([0-9]*)", "status/%1")))
end
"#;

const PREFIX: &str = r#"
function envoy_on_request(handle)
  local headers = handle:headers()
  local path = headers:get(":path")
  if string.sub(path, 1, 7) == "/banana" then
    local next = string.sub(path, 8, 8)
    if next == "" or next == "/" or next == "?" then
      headers:replace(":path", "/status" .. string.sub(path, 8))
    end
  end
end
"#;

pub(super) fn rows() -> Vec<Row> {
    let row = |id, job, detail, source| Row::new(id, job, Form::Lua, detail).filter(lua(source));
    vec![
        row("header-lua", Job::Header, "", ONE_HEADER),
        row("five-lua", Job::FiveHeaders, "", FIVE_HEADERS),
        row("edit-lua", Job::Edit, "string.gsub", EDIT).upstream(json!({})),
        row("regex-lua", Job::Regex, "string.gsub", REGEX),
        row("prefix-lua", Job::Prefix, "string.sub", PREFIX),
    ]
}

fn lua(source: &str) -> Filter {
    Filter::Native(json!({
        "name": "envoy.filters.http.lua",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
            "default_source_code": {"inline_string": source},
        },
    }))
}
