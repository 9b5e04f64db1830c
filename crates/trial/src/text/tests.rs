use std::collections::BTreeMap;

use super::*;
use crate::report::Sides;

fn exchange(status: u16, responder: Responder) -> Exchange {
    let request = Message { headers: vec![(":path".into(), "/".into())], ..Message::default() };
    let response = Message { status: Some(status), ..Message::default() };
    let reached = responder == Responder::Upstream;
    Exchange {
        request: Sides { after: reached.then(|| request.clone()), before: Some(request) },
        response: Sides { before: reached.then(|| response.clone()), after: Some(response) },
        responder,
    }
}

fn shown(outcome: Outcome, log: &[&str]) -> String {
    let log: Vec<_> = log.iter().map(|line| (*line).to_owned()).collect();
    let counters = BTreeMap::from([("a.used.filter.plugin.rule.b".to_owned(), 2), ("unused".to_owned(), 0)]);
    Report { outcome, log: LogLine::all(&log), counters, cost: None }.text(&|_, text| text.to_owned())
}

#[test]
fn what_is_equal_is_shown_once() {
    let (passed, limited) = (exchange(200, Responder::Upstream), exchange(429, Responder::Filter));
    let all = vec![passed.clone(), limited.clone(), passed, limited];
    let text = shown(Outcome::Exchanges(all), &["Info: a", "Info: a", "Debug: b", "Info: a"]);
    assert_eq!(
        text,
        "200 429 200 429\n\
         exchange 1, 3 of 4\nrequest\n    :path: /\nresponse\n    :status: 200\n\
         exchange 2, 4 of 4\nrequest, which did not reach the upstream\n    :path: /\nreply\n  + :status: 429\n\
         log\n    info: a (x2)\n    debug: b\n    info: a\n\
         counters\n    a_used{rule=\"b\"} 2\n"
    );
}

#[test]
fn who_responded_is_said() {
    for (status, responder, expected) in [
        (503, Responder::Proxy, "response of the proxy\n  + :status: 503\n"),
        (0, Responder::Nobody, "no response: the filter waits forever\ncounters"),
    ] {
        let text = shown(Outcome::Exchanges(vec![exchange(status, responder)]), &[]);
        assert!(text.contains(expected), "{text}");
    }
}
