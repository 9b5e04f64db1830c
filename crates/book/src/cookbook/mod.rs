//! The cookbook: jobs that people search for, each a file of `cookbook/`, and the pages that show them.

mod command;
mod exchange;
mod forms;
mod happens;
mod index;
mod job;
mod page;
mod source;
mod topic;

pub use exchange::{Connection, Exchange, Expectation, HeaderTest, Reached};
pub use index::{ENVOY, anchor, heading_link, index};
pub use job::{Job, Peer, jobs};
pub use page::{block_of, details, page};
pub use source::indented;
pub use topic::Topic;
