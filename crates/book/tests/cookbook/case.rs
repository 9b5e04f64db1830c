//! What the tests run: each form of each job, and the same jobs as other products do them.

use anyhow::Result;
use book::cookbook::Job;
use book::{Pair, Product, Run};

use super::forms::Form;
use super::listener::Chain;
use super::model;

/// A job in one form, or as another product does it.
#[derive(Clone)]
pub(crate) struct Case {
    /// The name of the test and of the listener.
    pub(crate) name: String,
    /// The job. For another product, what is left of it.
    pub(crate) job: Job,
    how: How,
}

#[derive(Clone)]
enum How {
    /// A form that the job's page shows.
    Form(Form),
    /// In the model of a proxy.
    Model,
    /// The configuration of another product.
    Theirs(Run, String),
}

impl Case {
    /// Returns the cases of a job.
    pub(crate) fn of_job(job: &Job) -> impl Iterator<Item = Self> {
        let case = |(how, name)| Self { name: format!("{}::{name}", job.name), job: job.clone(), how };
        let model = job.runs_in_model().then_some((How::Model, "model"));
        Form::of(job).map(|form| (How::Form(form), form.name())).into_iter().chain(model).map(case)
    }

    /// Runs the case in the model. `None` for a case that real programs run.
    pub(crate) fn run_in_model(&self) -> Option<Result<()>> {
        matches!(self.how, How::Model).then(|| model::run(&self.job))
    }

    /// Returns the cases of another product.
    pub(crate) fn of_product(product: &Product, jobs: &[Job]) -> Result<Vec<Self>> {
        let case = |(run, pair): (Run, &Pair)| {
            let job = pair.job(jobs)?;
            let name = format!("coming_from::{}::{}", product.name, job.name);
            Ok(Self { name, job, how: How::Theirs(run, pair.theirs.clone()) })
        };
        let run = product.pairs.iter().filter_map(|pair| Some((pair.run?, pair)));
        run.filter(|(run, _)| *run != Run::Schema).map(case).collect()
    }

    /// Returns what Envoy runs. `None` for a case that Envoy does not run.
    pub(crate) fn chain(&self) -> Result<Option<Chain>> {
        let chain = match &self.how {
            How::Form(form) => Chain { entries: form.entry(&self.job)?, routes: None },
            How::Theirs(Run::Filters, theirs) => Chain { entries: theirs.clone(), routes: None },
            How::Theirs(Run::Routes, theirs) => {
                Chain { entries: String::new(), routes: Some(theirs.clone()) }
            }
            How::Theirs(Run::Nginx | Run::Schema, _) | How::Model => return Ok(None),
        };
        Ok(Some(chain))
    }

    /// Returns the configuration that nginx runs.
    pub(crate) fn nginx(&self) -> Option<&str> {
        match &self.how {
            How::Theirs(Run::Nginx, theirs) => Some(theirs),
            _ => None,
        }
    }
}
