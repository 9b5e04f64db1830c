//! From an empty directory to an image in a registry, with the crates as they would be published and nothing else of this
//! repository: a reader follows the book, and another user makes a filter of each kind.

mod reader;
mod registry;
mod user;

use std::fs;
use std::process::ExitCode;
use std::sync::OnceLock;

use anyhow::{Result, anyhow, ensure};
use harness::parts;
use harness::registry::PROGRAM;
use harness::suite::{self, Case};

use crate::registry::Crates;
use crate::user::User;

const TESTS: [Case; 4] = [
    ("a_reader_follows_the_book", reader::follow),
    ("a_filter_that_asks_a_service", callout),
    ("a_workspace_of_two_filters", workspace),
    ("what_is_wrong_is_named", wrong),
];

fn main() -> ExitCode {
    let mut arguments = suite::arguments();
    // All of them build in one directory, which cargo locks.
    arguments.test_threads = Some(1);
    let missing = parts::missing_of(&[PROGRAM]);
    let outcome = suite::run(&arguments, TESTS.iter().map(|case| suite::Test::of(case, missing.as_deref())));
    // Statics are never dropped.
    if let Some(Ok(user)) = USER.get() {
        user.leave();
    }
    outcome
}

static USER: OnceLock<Result<User>> = OnceLock::new();

/// Returns the user, who has installed the tool.
fn user() -> Result<&'static User> {
    let below = parts::root().join("target/packed");
    let make = || User::with_tool(&Crates::pack(&below)?, &below.join("build"));
    USER.get_or_init(make).as_ref().map_err(|error| anyhow!("{error:#}"))
}

fn callout() -> Result<()> {
    let user = user()?;
    user.runs("", "cargo proxy-filter new my-auth --callout")?;
    user.tests("my-auth", "")?;
    let configuration =
        r#"{"cluster": "auth", "authority": "auth.example", "path": "/user", "header": "x-user"}"#;
    let service = "--service auth=200 --service-header 'auth=x-user: ann'";
    let tried = user.runs("my-auth", &format!("cargo proxy-filter try '{configuration}' / {service}"))?;
    ensure!(tried.contains("+ x-user: ann"), "{tried}");
    Ok(())
}

fn workspace() -> Result<()> {
    let user = user()?;
    fs::create_dir_all(user.path("several"))?;
    fs::write(user.path("several/Cargo.toml"), "[workspace]\nresolver = \"3\"\nmembers = []\n")?;
    user.runs("several", "cargo proxy-filter new first-line --tcp")?;
    user.runs("several", "cargo proxy-filter new my-header --http")?;
    user.tests("several", "")?;
    let tried =
        user.runs("several", r#"cargo proxy-filter try -p my-header '{"name": "x-a", "value": "1"}' /"#)?;
    ensure!(tried.contains("+ x-a: 1"), "{tried}");
    user.runs("several", r#"cargo proxy-filter try -p first-line '{"longest": 4}' --tcp 'HELLO\n'"#)?;
    let packed = user.runs("several", "cargo proxy-filter pack")?;
    ensure!(packed.contains("first-line sha256:") && packed.contains("my-header sha256:"), "{packed}");
    Ok(())
}

fn wrong() -> Result<()> {
    let user = user()?;
    user.fails("", "cargo proxy-filter build", "Cargo.toml")?;
    user.fails("", "cargo proxy-filter new Header", "use two or more lower-case words")?;
    user.fails("several", "cargo proxy-filter build -p nobody", "`nobody`")?;
    user.fails("several", "cargo proxy-filter try -p my-header '{\"names\": 1}' /", "unknown field `names`")?;
    user.fails("several", "ENVOY=/nowhere cargo test -p my-header", "ENVOY is `/nowhere`")?;
    user.fails(
        "several",
        "CI=true XDG_CACHE_HOME=/nowhere cargo test -p my-header",
        &format!("Envoy {} is missing", parts::ENVOY_VERSION),
    )?;
    let ignored = user.runs("several", "env -u CI XDG_CACHE_HOME=/nowhere cargo test -p my-header")?;
    ensure!(
        ignored.contains("::envoy ... ignored, Envoy is missing: run `cargo proxy-filter test`"),
        "{ignored}"
    );
    Ok(())
}
