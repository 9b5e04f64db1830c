//! The cookbook: jobs that people search for, each a file of `cookbook/`, and the pages that show them.

mod exchange;
mod forms;
mod happens;
mod index;
mod job;
mod page;
mod source;
mod topic;

pub use exchange::{Connection, Exchange, Expectation, HeaderTest, Reached, Request, Upstream};
pub use index::{ENVOY, index};
pub use job::{Job, Peer, jobs};
pub use page::page;
pub use topic::Topic;
