//! rate-limit behind Envoy's own `jwt_authn`, which verifies tokens and puts their claims into metadata.

use anyhow::{Result, ensure};
use base64ct::{Base64UrlUnpadded, Encoding};
use harness::bootstrap::{Bootstrap, Filter};
use harness::built;
use harness::fixture::Fixture;
use harness::http::Request;
use ring::hmac;
use serde_json::{Value, json};

use crate::{Case, route};

pub(crate) const TESTS: [Case; 3] = [
    ("a_claim_that_envoy_verified_chooses_the_limit", tiers),
    ("claims_that_are_text_are_parts_of_a_key_and_others_are_missing", types),
    ("claims_in_headers_are_text_and_clients_cannot_forge_them", headers),
];

/// Signs and verifies tokens (HS256).
const SECRET: &[u8] = b"a secret that only the test knows";

pub(crate) fn listeners(bootstrap: Bootstrap) -> Bootstrap {
    let limits = json!({
        "by": claim("tier"),
        "of": {"free": {"limit": 2}, "pro": {"limit": 4}},
        "else": {"limit": 1},
    });
    let by_tier = json!({"rules": [{"key": [claim("sub")], "limits": limits, "period": "1h"}]});
    let by_value =
        json!({"rules": [{"key": [claim("value")], "limit": 1, "period": "1h", "missing": "deny"}]});
    let by_header = json!({
        "rules": [{
            "key": [],
            "limits": {"by": {"header": "x-tier"}, "of": {"7": {"limit": 2}, "true": {"limit": 3}, "gold": {"limit": 9}}, "else": {"limit": 1}},
            "period": "1h",
        }],
    });
    let behind_jwt = |bootstrap: Bootstrap, (name, configuration): (&str, Value)| {
        let filters = [verifier(), built::filter("rate-limit", &configuration.to_string())];
        bootstrap.routed(name, &filters, &[route::direct_response()])
    };
    [("claims-tier", by_tier), ("claims-value", by_value), ("claims-header", by_header)]
        .into_iter()
        .fold(bootstrap, behind_jwt)
}

/// A part of a key: a claim of the token.
fn claim(name: &str) -> Value {
    json!({"attribute": ["metadata", "filter_metadata", "envoy.filters.http.jwt_authn", "payload", name]})
}

/// Envoy's filter, which refuses requests without a token of ours.
fn verifier() -> Filter {
    let key = json!({"kty": "oct", "alg": "HS256", "k": Base64UrlUnpadded::encode_string(SECRET)});
    Filter::Native(json!({
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
            "providers": {"tests": {
                "issuer": "tests",
                "local_jwks": {"inline_string": json!({"keys": [key]}).to_string()},
                "payload_in_metadata": "payload",
                "claim_to_headers": [{"header_name": "x-tier", "claim_name": "tier"}],
            }},
            "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "tests"}}],
        },
    }))
}

/// Signs a token with these claims.
fn token(mut claims: Value) -> String {
    claims["iss"] = "tests".into();
    let part = |value: Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(json!({"alg": "HS256", "typ": "JWT"})), part(claims));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET), signed.as_bytes());
    format!("{signed}.{}", Base64UrlUnpadded::encode_string(signature.as_ref()))
}

fn status(fixture: &Fixture, listener: &str, token: &str) -> Result<u16> {
    let request = Request::get("/").header("authorization", format!("Bearer {token}"));
    Ok(fixture.envoy.send(listener, &request)?.status)
}

fn tiers(fixture: &Fixture) -> Result<()> {
    for (claims, expected) in [
        (json!({"sub": "ann", "tier": "pro"}), [200, 200, 200, 200, 429]),
        (json!({"sub": "bob", "tier": "free"}), [200, 200, 429, 429, 429]),
        (json!({"sub": "eve", "tier": "free"}), [200, 200, 429, 429, 429]),
        (json!({"sub": "dan", "tier": "gold"}), [200, 429, 429, 429, 429]),
        (json!({"sub": "kim"}), [200, 429, 429, 429, 429]),
        // A client that changes its plan has a bucket for each.
        (json!({"sub": "bob", "tier": "pro"}), [200, 200, 200, 200, 429]),
        // Without the part of the key, the rule does not apply.
        (json!({"tier": "free"}), [200; 5]),
    ] {
        let token = token(claims.clone());
        let statuses = [(); 5].map(|()| status(fixture, "claims-tier", &token));
        let statuses = statuses.into_iter().collect::<Result<Vec<_>>>()?;
        ensure!(statuses == expected, "{claims}: {statuses:?}");
    }
    let forged = token(json!({"sub": "ann", "tier": "pro"})).replace('.', "x.");
    ensure!(status(fixture, "claims-tier", &forged)? == 401, "a forged token is refused");
    Ok(())
}

fn types(fixture: &Fixture) -> Result<()> {
    for (value, is_text) in [
        (json!("text"), true),
        (json!("ä b"), true),
        (json!(""), true),
        (json!("a\u{0}b"), false),
        (json!(7), false),
        (json!(1e15), false),
        (json!(1.5), false),
        (json!(true), false),
        (json!(false), false),
        (Value::Null, false),
        (json!([]), false),
        (json!(["a"]), false),
        (json!({}), false),
        (json!({"a": "b"}), false),
    ] {
        let status = status(fixture, "claims-value", &token(json!({"value": value})))?;
        ensure!((status == 200) == is_text, "{value}: {status}");
    }
    Ok(())
}

fn headers(fixture: &Fixture) -> Result<()> {
    for (claims, expected) in [
        (json!({"tier": 7}), [200, 200, 429, 429]),
        (json!({"tier": true}), [200, 200, 200, 429]),
        (json!({}), [200, 429, 429, 429]),
    ] {
        let request = Request::get("/").header("authorization", format!("Bearer {}", token(claims.clone())));
        let statuses = [(); 4].map(|()| Ok(fixture.envoy.send("claims-header", &request)?.status));
        let statuses = statuses.into_iter().collect::<Result<Vec<_>>>()?;
        ensure!(statuses == expected, "{claims}: {statuses:?}");
    }
    let forged = Request::get("/")
        .header("authorization", format!("Bearer {}", token(json!({}))))
        .header("x-tier", "gold");
    let status = fixture.envoy.send("claims-header", &forged)?.status;
    ensure!(status == 429, "the client chose its limit: {status}");
    Ok(())
}
