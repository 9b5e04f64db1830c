//! The cookbook's first page: all jobs, and where their forms go.

use harness::parts;

use super::job::Job;
use super::page::{WRITTEN, block};
use super::topic::Topic;

const INTRODUCTION: &str = include_str!("index.md");
const WHERE_IT_GOES: &str = include_str!("where-it-goes.md");

/// The configuration of Envoy into which the entries go.
pub const ENVOY: &str = include_str!("../../deploy/cookbook.yaml");

/// Returns the page, in Markdown.
#[must_use]
pub fn index(jobs: &[Job]) -> String {
    let topics = Topic::ALL.map(|topic| {
        let of_topic: Vec<_> = jobs.iter().filter(|job| job.topic == topic).collect();
        let first = of_topic.first().map(|job| job.filter.as_str()).unwrap_or_default();
        let (all, each) = match of_topic.iter().all(|job| job.filter == first) {
            true => (format!("With `{first}`:\n\n"), false),
            false => (String::new(), true),
        };
        let lines: String = of_topic.into_iter().map(|job| line(job, each)).collect();
        format!("## {}\n\n{all}{lines}\n", topic.title())
    });
    let introduction =
        INTRODUCTION.replace("OLDEST", parts::OLDEST_ENVOY_VERSION).replace("NEWEST", parts::ENVOY_VERSION);
    [WRITTEN, &introduction, topics.concat().trim_end(), "\n", WHERE_IT_GOES, &block(ENVOY)].concat()
}

fn line(job: &Job, with_filter: bool) -> String {
    let filter = if with_filter { format!(", with `{}`", job.filter) } else { String::new() };
    format!("- [{}]({}){filter}\n", job.title, heading_link(job))
}

/// Returns the link to a job from a page beside this one.
#[must_use]
pub fn heading_link(job: &Job) -> String {
    format!("{}#{}", job.topic.file(), anchor(&job.title))
}

/// Returns the identifier that mdBook and code hosts give a heading.
#[must_use]
pub fn anchor(heading: &str) -> String {
    let heading = heading.to_lowercase();
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
