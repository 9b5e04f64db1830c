//! A proxy with its workers, and a plugin loaded into them.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use proxy_filter::log::Level;

use crate::exchange::Response;
use crate::guest::{Callback, Guest, Trap};
use crate::host::{Context, Worker};
use crate::shared::{Service, Shared};

/// A proxy. Its clock stands still until the test moves it.
pub struct Proxy {
    shared: Rc<Shared>,
    machines: Vec<Rc<Machine>>,
    next_context: Rc<Cell<u32>>,
}

/// A worker's virtual machine; the first is the canary's, on the main thread.
pub(crate) struct Machine {
    guest: RefCell<Box<dyn Guest>>,
    pub(crate) worker: Rc<Worker>,
    /// After a trap no stream gets past the filter.
    trapped: Cell<bool>,
}

/// A configuration, loaded into every worker.
pub struct Plugin {
    pub(crate) machines: Vec<Rc<Machine>>,
    pub(crate) root: u32,
    pub(crate) name: String,
    pub(crate) upstream: Response,
    next_context: Rc<Cell<u32>>,
}

impl Proxy {
    /// A proxy with this many workers, each with a machine from `guest`, beside the canary's.
    pub fn new<G: Guest + 'static>(workers: usize, guest: impl Fn() -> G) -> Self {
        let shared = Rc::new(Shared::default());
        let machine = |_| {
            Rc::new(Machine {
                guest: RefCell::new(Box::new(guest())),
                worker: Rc::new(Worker::new(shared.clone())),
                trapped: Cell::new(false),
            })
        };
        let machines = (0..=workers).map(machine).collect();
        let proxy = Self { shared, machines, next_context: Rc::new(Cell::new(1)) };
        proxy.advance(Duration::from_secs(3600));
        proxy
    }

    /// Loads a configuration: into the canary first, then into every worker.
    ///
    /// # Errors
    /// The filter refused it; this is the line it logged.
    pub fn load(&self, configuration: &str, name: &str) -> Result<Plugin, String> {
        let root = self.next_context.replace(self.next_context.get() + 1);
        for machine in &self.machines {
            let attributes = [("plugin_name", name), ("plugin_root_id", name)]
                .map(|(key, value)| (key.as_bytes().to_vec(), value.as_bytes().to_vec()));
            let context = Context {
                configuration: configuration.into(),
                attributes: attributes.into(),
                ..Context::default()
            };
            machine.worker.contexts.borrow_mut().insert(root, context);
            let create = Callback::ContextCreate { context: root, parent: 0 };
            let configure = Callback::Configure { context: root, size: configuration.len() };
            if machine.call(create).is_none() || machine.call(configure) != Some(1) {
                return Err(self.logs().pop().unwrap_or_default());
            }
        }
        Ok(Plugin {
            machines: self.machines[1..].to_vec(),
            root,
            name: name.into(),
            upstream: Response::new(200),
            next_context: self.next_context.clone(),
        })
    }

    /// Moves the clock on.
    pub fn advance(&self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.shared.now.set(self.shared.now.get().saturating_add(nanoseconds));
    }

    /// The lines logged so far, as `Level: line`.
    pub fn logs(&self) -> Vec<String> {
        let line = |(level, line): &(Level, String)| format!("{level:?}: {line}");
        self.shared.logs.borrow().iter().map(line).collect()
    }

    /// The values of all metrics by name.
    pub fn metrics(&self) -> BTreeMap<String, u64> {
        let metrics = self.shared.metrics.borrow();
        metrics.values().map(|metric| (metric.name.clone(), metric.value)).collect()
    }

    /// Keys in shared data.
    pub fn shared_data_keys(&self) -> usize {
        self.shared.data.borrow().len()
    }

    /// Has a cluster answer HTTP calls with this.
    pub fn answer_http(&self, cluster: &str, response: Response) {
        self.service(cluster, Service::Http(response));
    }

    /// Has a cluster answer gRPC calls with this message, or with this status.
    pub fn answer_grpc(&self, cluster: &str, answer: Result<&[u8], u32>) {
        self.service(cluster, Service::Grpc(answer.map(<[u8]>::to_vec)));
    }

    /// Has a cluster accept calls and never answer them.
    pub fn answer_nothing(&self, cluster: &str) {
        self.service(cluster, Service::Silent);
    }

    /// Calls that wait for an answer, over all workers.
    pub fn calls_outstanding(&self) -> usize {
        self.machines.iter().map(|machine| machine.worker.calls.borrow().len()).sum()
    }

    fn service(&self, cluster: &str, service: Service) {
        self.shared.services.borrow_mut().insert(cluster.into(), service);
    }
}

impl Plugin {
    /// Sets what the upstream answers.
    #[must_use]
    pub fn upstream(mut self, response: Response) -> Self {
        self.upstream = response;
        self
    }

    /// Begins a stream on a worker and returns its number.
    pub(crate) fn begin(&self, machine: &Machine, attributes: &[(&str, &str)]) -> u32 {
        let context = self.next_context.replace(self.next_context.get() + 1);
        let own = [("plugin_name", self.name.as_str()), ("plugin_root_id", &self.name)];
        let attributes = attributes
            .iter()
            .chain(&own)
            .map(|(path, value)| (path.replace('.', "\0").into_bytes(), value.as_bytes().to_vec()))
            .collect();
        machine.worker.contexts.borrow_mut().insert(context, Context { attributes, ..Context::default() });
        machine.call(Callback::ContextCreate { context, parent: self.root });
        context
    }
}

impl Machine {
    /// Runs a callback. `None` if the machine traps, or did before.
    pub(crate) fn call(&self, callback: Callback) -> Option<u32> {
        if self.trapped.get() {
            return None;
        }
        self.worker.current.set(callback.context());
        match self.guest.borrow_mut().call(self.worker.clone(), callback) {
            Ok(returned) => Some(returned),
            Err(Trap(message)) => {
                self.trapped.set(true);
                self.worker.shared.logs.borrow_mut().push((Level::Critical, message));
                None
            }
        }
    }

    /// Ends a stream.
    pub(crate) fn end(&self, context: u32) {
        self.call(Callback::Log { context });
        self.call(Callback::Delete { context });
        self.worker.contexts.borrow_mut().remove(&context);
    }
}
