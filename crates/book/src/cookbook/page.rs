//! A page of the cookbook: its jobs, each with its configuration, what happens, and the form for each platform.

use std::fmt::Write as _;

use super::command::command;
use super::happens::table;
use super::job::Job;
use super::source::indented;
use super::topic::Topic;

pub(super) const WRITTEN: &str = "<!-- Written by `just cookbook` from `crates/book/cookbook`. -->\n";

/// Returns the page of a topic, in Markdown.
#[must_use]
pub fn page(topic: Topic, jobs: &[Job]) -> String {
    let of_topic = jobs.iter().filter(|job| job.topic == topic);
    let shown: String = of_topic.map(shown).collect();
    format!(
        "{WRITTEN}# {}\n\nTo deploy a configuration, open the fold of your platform. \
         [Where it goes](../cookbook.md#where-it-goes) says where to put it and what to change in it.\n{shown}",
        topic.title()
    )
}

fn shown(job: &Job) -> String {
    let Job { title, about, filter, exchanges, .. } = job;
    format!(
        "\n## {title}\n\n{about}\n\nThe configuration of `{filter}`:\n\n{configuration}\n{table}{tried}{envoy}{istio}{gateway}",
        about = about.trim_end(),
        configuration = block(&job.configuration_text()),
        table = table(exchanges),
        tried = tried(job),
        envoy = details("Envoy", &envoy(job)),
        istio = details("Istio 1.30 or later", &istio(job)),
        gateway = details("Envoy Gateway", &gateway(job)),
    )
}

/// Shows how to try a job without deploying it.
fn tried(job: &Job) -> String {
    let shown = |command| {
        format!(
            "\nTo [try it](../try.md), save the configuration as `{}.yaml`:\n\n{}",
            job.name,
            block_of("sh", &format!("{command}\n"))
        )
    };
    command(job).map(shown).unwrap_or_default()
}

/// Returns a part of a page that is folded.
#[must_use]
pub fn details(title: &str, content: &str) -> String {
    format!("\n<details>\n<summary>{title}</summary>\n\n{content}\n</details>\n")
}

pub(super) fn block(yaml: &str) -> String {
    block_of("yaml", yaml)
}

/// Returns a block of code in this language.
#[must_use]
pub fn block_of(language: &str, code: &str) -> String {
    format!("```{language}\n{code}```\n")
}

fn envoy(job: &Job) -> String {
    let mut shown = block(&job.envoy());
    let parts = [
        ("connection_manager", "In the connection manager:", ""),
        ("listener_filters", "In the listener:", "listener_filters:\n"),
        ("routes", "In the virtual host:", "routes:\n"),
    ];
    for (field, place, key) in parts {
        let text = job.text_of(field);
        if !text.is_empty() {
            let text = match key {
                "" => text,
                key => format!("{key}{}", indented(&text, 2)),
            };
            _ = write!(shown, "\n{place}\n\n{}", block(&text));
        }
    }
    shown
}

fn istio(job: &Job) -> String {
    with_note(block(&job.traffic_extension()), job.istio.as_deref())
}

fn gateway(job: &Job) -> String {
    match job.envoy_extension_policy() {
        Some(policy) => with_note(block(&policy), job.envoy_gateway.as_deref()),
        None => format!(
            "Envoy Gateway runs HTTP filters only. {}\n",
            job.envoy_gateway.as_deref().unwrap_or_default().trim_end()
        ),
    }
}

fn with_note(block: String, note: Option<&str>) -> String {
    match note {
        Some(note) => format!("{block}\n{}\n", note.trim_end()),
        None => block,
    }
}
