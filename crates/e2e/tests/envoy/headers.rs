//! What add-header's promises rest on in Envoy.

use anyhow::Result;
use e2e::lab::Lab;
use e2e::story::expect_header;
use testbed::bootstrap::{Bootstrap, Filter};
use testbed::envoy::Envoy;
use testbed::http::Request;
use testbed::httpbin::Httpbin;

use crate::Case;

pub(crate) const TESTS: [Case; 2] = [
    ("set_leaves_one_value_of_a_repeated_header", set_replaces_all),
    ("replies_that_envoy_makes_itself_get_the_headers", envoys_own_replies),
];

fn set_replaces_all(_: &Lab) -> Result<()> {
    let httpbin = Httpbin::start()?;
    let set = Filter::new("add-header", r#"{"response": [{"action": "set", "name": "x-a", "value": "3"}]}"#);
    let bootstrap = Bootstrap::default().cluster("httpbin", httpbin.address()).http("set", &[set], "httpbin");
    let repeated = Request::get("/response-headers?x-a=1&x-a=2");
    expect_header(&repeated.send(httpbin.address())?, "x-a", &["1", "2"])?;
    expect_header(&Envoy::start(&bootstrap)?.send("set", &repeated)?, "x-a", &["3"])
}

fn envoys_own_replies(_: &Lab) -> Result<()> {
    let nobody = "127.0.0.1:1".parse()?;
    let hello = Filter::new("add-header", "");
    let bootstrap = Bootstrap::default().cluster("nobody", nobody).http("http", &[hello], "nobody");
    let response = Envoy::start(&bootstrap)?.send("http", &Request::get("/"))?;
    anyhow::ensure!(response.status == 503, "{response}");
    expect_header(&response, "hello", &["world!"])
}
