//! add-header: three walk-throughs add response headers.

use anyhow::Result;

use super::scenario::{Group, Scenario};
use crate::fixture::{Fixture, S0_TEXT, S2_HEADER, S3};
use crate::http::Request;
use crate::transcript::{Transcript, expect_header};

pub(super) const GROUP: Group = Group {
    filter: "add-header",
    purpose: "adds, sets, renames and removes headers",
    scenarios: &[
        Scenario {
            id: "S0",
            name: "s0_hello_from_add_header",
            title: "Without configuration it says `hello: world!`; a text replaces `world!`",
            run: hello,
        },
        Scenario {
            id: "S2",
            name: "s2_response_header_from_add_header",
            title: "Every response gets a header",
            run: response_header,
        },
        Scenario {
            id: "S3",
            name: "s3_response_header_by_request_header",
            title: "A response gets a header only if its request has `authorization`",
            run: when_authorized,
        },
    ],
};

fn hello(fixture: &Fixture, transcript: &mut Transcript) -> Result<()> {
    transcript.configuration("add-header", "");
    let hello = transcript.compare(fixture, "s0-unconfigured", &Request::get("/get"))?;
    expect_header(&hello, "hello", &["world!"])?;
    transcript.configuration("add-header", S0_TEXT);
    let configured = transcript.compare(fixture, "s0-text", &Request::get("/get"))?;
    expect_header(&configured, "hello", &[S0_TEXT])
}

fn response_header(fixture: &Fixture, transcript: &mut Transcript) -> Result<()> {
    transcript.configuration("add-header", S2_HEADER);
    let response = transcript.compare(fixture, "s2-http", &Request::get("/get"))?;
    expect_header(&response, "resp-header-demo", &["added by our filter"])
}

fn when_authorized(fixture: &Fixture, transcript: &mut Transcript) -> Result<()> {
    transcript.configuration("add-header", S3);
    let anonymous = transcript.compare(fixture, "s3", &Request::get("/get"))?;
    expect_header(&anonymous, "x-test", &[])?;
    let authorized =
        transcript.compare(fixture, "s3", &Request::get("/get").header("authorization", "Basic Zm9v"))?;
    expect_header(&authorized, "x-test", &["a.example"])
}
