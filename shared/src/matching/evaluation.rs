//! The inputs of a condition, and its evaluation.

use super::condition::{Condition, Test};
use super::path::{PathPattern, PathTest};
use crate::headers::pseudo::{AUTHORITY, METHOD, PATH, SCHEME};
use crate::inputs::{HasInputs, Input, Inputs};
use crate::target::{split_port, split_query};

impl<P> HasInputs for Condition<P> {
    fn visit_inputs(&self, visit: &mut dyn FnMut(Input<'_>)) {
        match &self.0 {
            Test::All(conditions) | Test::Any(conditions) => {
                conditions.iter().for_each(|condition| condition.visit_inputs(visit));
            }
            Test::Not(condition) => condition.visit_inputs(visit),
            Test::Present(name, _) | Test::Header(name, _) => visit(Input::RequestHeader(name)),
            Test::Path(_) => visit(Input::RequestHeader(&PATH)),
            Test::Method(_) => visit(Input::RequestHeader(&METHOD)),
            Test::Host(_) => visit(Input::RequestHeader(&AUTHORITY)),
            Test::Scheme(_) => visit(Input::RequestHeader(&SCHEME)),
            Test::ClientIp(_) => visit(Input::ClientIp),
            Test::Status(_) => visit(Input::ResponseStatus),
        }
    }
}

impl<P> Condition<P> {
    /// Replaces each pattern, for example to add what it needs at run time.
    pub fn map_patterns<Q>(self, map: &mut dyn FnMut(P) -> Q) -> Condition<Q> {
        let mut each = |conditions: Vec<Self>| -> Vec<_> {
            conditions.into_iter().map(|condition| condition.map_patterns(map)).collect()
        };
        Condition(match self.0 {
            Test::All(conditions) => Test::All(each(conditions)),
            Test::Any(conditions) => Test::Any(each(conditions)),
            Test::Not(condition) => Test::Not(Box::new(condition.map_patterns(map))),
            Test::Present(name, expected) => Test::Present(name, expected),
            Test::Header(name, test) => Test::Header(name, test),
            Test::Path(PathTest::Text(test)) => Test::Path(PathTest::Text(test)),
            Test::Path(PathTest::Pattern(pattern)) => Test::Path(PathTest::Pattern(map(pattern))),
            Test::Method(methods) => Test::Method(methods),
            Test::Host(hosts) => Test::Host(hosts),
            Test::Scheme(schemes) => Test::Scheme(schemes),
            Test::ClientIp(networks) => Test::ClientIp(networks),
            Test::Status(statuses) => Test::Status(statuses),
        })
    }
}

impl<P: PathPattern> Condition<P> {
    /// Returns whether the condition holds; `None` if that is unknown.
    ///
    /// - A repeated header matches if one of its values matches.
    /// - A path is tested without its query, with its dot segments [resolved](crate::target::resolve). A prefix must
    ///   end at a segment boundary. If servers may resolve the path differently, the result is unknown. So is the
    ///   result of a condition that depends on it: its `not`, and an `all` or `any` that the other conditions do not
    ///   decide. The header `:path` is tested unchanged.
    /// - A host is tested without its port.
    /// - A client without an IP address matches no network.
    ///
    /// ```
    /// # use proxy_filter::config::from_json;
    /// # use proxy_filter::inputs::{Inputs, Snapshot};
    /// # use proxy_filter::headers::HeaderPairs;
    /// # use proxy_filter::matching::Condition;
    /// let condition: Condition = from_json(br#"{"path": {"prefix": "/a"}}"#)?;
    /// let request = Snapshot::of(HeaderPairs::of([(":path", "/a/x%2f../../b")]));
    /// assert_eq!(condition.holds(&Inputs::of_request(&request)), None);
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    pub fn holds(&self, inputs: &Inputs<'_>) -> Option<bool> {
        let request = inputs.request.headers();
        Some(match &self.0 {
            Test::All(conditions) => return decided(conditions, inputs, false),
            Test::Any(conditions) => return decided(conditions, inputs, true),
            Test::Not(condition) => !condition.holds(inputs)?,
            Test::Present(name, expected) => request.first(name).is_some() == *expected,
            Test::Header(name, test) => request.values(name).any(|value| test.holds(value)),
            Test::Path(test) => match request.first(&PATH) {
                Some(target) => test.holds(split_query(target).0)?,
                None => false,
            },
            Test::Method(methods) => {
                request.first(&METHOD).is_some_and(|method| methods.iter().any(|it| it.is(method)))
            }
            Test::Host(hosts) => {
                let host = request.first(&AUTHORITY).map(|authority| split_port(authority).0);
                host.is_some_and(|host| hosts.iter().any(|test| test.holds(host)))
            }
            Test::Scheme(schemes) => request
                .first(&SCHEME)
                .is_some_and(|scheme| schemes.iter().any(|it| it.as_str().as_bytes() == scheme)),
            Test::ClientIp(networks) => {
                let client = inputs.request.client_ip();
                client.is_some_and(|client| networks.iter().any(|network| network.contains(client)))
            }
            Test::Status(tests) => {
                inputs.response.status().is_some_and(|status| tests.iter().any(|test| test.holds(status)))
            }
        })
    }
}

/// Returns `deciding` if one condition has this result. Otherwise returns the opposite, or `None` if a result is
/// unknown.
fn decided<P: PathPattern>(conditions: &[Condition<P>], inputs: &Inputs<'_>, deciding: bool) -> Option<bool> {
    let mut otherwise = Some(!deciding);
    for condition in conditions {
        match condition.holds(inputs) {
            Some(holds) if holds == deciding => return Some(deciding),
            Some(_) => {}
            None => otherwise = None,
        }
    }
    otherwise
}

#[cfg(test)]
mod tests;
