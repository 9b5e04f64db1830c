//! The cookbook's first page: all jobs, and where their forms go.

use super::job::Job;
use super::page::{WRITTEN, block};
use super::topic::Topic;

const INTRODUCTION: &str = include_str!("index.md");
const PLATFORMS: &str = include_str!("platforms.md");

/// The configuration of Envoy into which the entries go.
pub const ENVOY: &str = include_str!("../../deploy/cookbook.yaml");

/// Returns the page, in Markdown.
#[must_use]
pub fn index(jobs: &[Job]) -> String {
    let topics = Topic::ALL.map(|topic| {
        let of_topic = jobs.iter().filter(|job| job.topic == topic);
        let lines: String = of_topic.map(|job| line(topic, job)).collect();
        format!("## {}\n\n{lines}\n", topic.title())
    });
    [WRITTEN, INTRODUCTION, topics.concat().trim_end(), "\n", PLATFORMS, &block(ENVOY)].concat()
}

fn line(topic: Topic, job: &Job) -> String {
    format!("- [{}]({}#{}) (`{}`)\n", job.title, topic.file(), anchor(&job.title), job.filter)
}

/// Returns the identifier that mdBook and code hosts give a heading.
fn anchor(heading: &str) -> String {
    let heading = heading.to_lowercase();
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
