//! An application on nginx that redirects and sets cookies, which knows only its own paths.

use std::fs;

use anyhow::Result;
use serde_json::json;

use crate::bootstrap::{Bootstrap, Filter};
use crate::built::filter;
use crate::nginx::Nginx;

/// The listener that maps responses of the application back: clients find it below `/shop`.
pub const BOTH_WAYS: &str = "shop";

/// The listener that only rewrites requests.
pub const ONE_WAY: &str = "shop-one-way";

/// What the application replies to a client that has logged in and sends its cookie. Others get it without the cookie.
pub const LOGGED_IN: &str = "cookie: session=1.";

/// Starts the application, which is at `/store`:
///
/// - nginx redirects `/store/docs` to `/store/docs/`, with its own host and port.
/// - `/store/login` sets a cookie for `/store`, and redirects to `home` beside it.
/// - `/store/home` shows the cookies that it gets.
///
/// # Errors
/// nginx is missing or does not start.
pub fn start() -> Result<Nginx> {
    Nginx::serve(|address, directory| {
        let docs = directory.join("www/store/docs");
        fs::create_dir_all(&docs)?;
        fs::write(docs.join("index.html"), "the docs")?;
        Ok(format!(
            "default_type text/html; access_log off;\n\
             server {{\n\
             listen {address};\n\
             location / {{ root www; }}\n\
             location = /store/login {{ add_header Set-Cookie 'session=1; Path=/store; HttpOnly'; return 302 home; }}\n\
             location = /store/home {{ return 200 'cookie: $http_cookie.'; }}\n\
             }}"
        ))
    })
}

/// Adds both listeners.
pub fn listeners(bootstrap: Bootstrap, shop: &Nginx) -> Bootstrap {
    let rule = json!({"prefix": "/shop", "replace": "/store"});
    let mut reversed = rule.clone();
    reversed["reverse"] = json!({"hosts": shop.address().to_string()});
    let rules = |name: &str, rule| -> [Filter; 1] { [filter(name, &json!({"rules": [rule]}).to_string())] };
    bootstrap
        .cluster("shop", shop.address())
        .http(BOTH_WAYS, &rules("path-rewrite-reverse", reversed), "shop")
        .http(ONE_WAY, &rules("path-rewrite", rule), "shop")
}
