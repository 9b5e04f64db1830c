//! A proxy with its workers, and the plugins loaded into it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use proxy_filter::sys::BufferType;
use proxy_filter::sys::LogLevel;

use crate::attributes;
use crate::context::{Attributes, Context};
use crate::guest::{Callback, Guest, Trap};
use crate::message::{Request, Response};
use crate::service::{Service, UNAVAILABLE};
use crate::shared::Shared;
use crate::worker::Worker;

/// A proxy with a test-controlled clock.
pub struct Proxy {
    shared: Rc<Shared>,
    workers: usize,
    /// The VMs of [`new`](Self::new), then those of [`load_in_new_vms`](Self::load_in_new_vms).
    vms: RefCell<Vec<Rc<Vm>>>,
    next_context: Rc<Cell<u32>>,
}

/// A worker's VM. The first belongs to the main thread, which loads each configuration as a canary.
pub(crate) struct Vm {
    guest: RefCell<Box<dyn Guest>>,
    pub(crate) worker: Rc<Worker>,
    /// Whether the VM trapped. After a trap, all streams fail.
    trapped: Cell<bool>,
    /// The plugin loaded last.
    root: Cell<u32>,
}

/// A configuration, loaded into every worker.
pub struct Plugin {
    canary: Rc<Vm>,
    pub(crate) vms: Vec<Rc<Vm>>,
    pub(crate) root: u32,
    pub(crate) name: String,
    pub(crate) upstream: Response,
    next_context: Rc<Cell<u32>>,
}

impl Proxy {
    /// Creates a proxy with this many workers. `guest` makes the VM of each, and of the main thread.
    pub fn new<G: Guest + 'static>(workers: usize, guest: impl Fn() -> G) -> Self {
        let shared = Rc::new(Shared::default());
        shared.log_level.set(LogLevel::Trace);
        let vms = RefCell::new((0..=workers).map(|_| Vm::new(guest(), &shared)).collect());
        let proxy = Self { shared, workers, vms, next_context: Rc::new(Cell::new(1)) };
        proxy.advance(Duration::from_secs(3600));
        proxy
    }

    /// Returns the number of workers.
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// Loads a configuration into the main thread's VM, then into every worker's.
    ///
    /// # Errors
    /// Returns the line that the filter logged, if the filter refuses the configuration.
    pub fn load(&self, configuration: impl AsRef<[u8]>, name: &str) -> Result<Plugin, String> {
        let vms = self.vms.borrow().iter().take(self.workers + 1).cloned().collect();
        self.load_in(vms, configuration.as_ref(), name)
    }

    /// Like [`load`](Self::load), in VMs of the plugin's own, as a proxy loads another module. They share data, metrics
    /// and a log with the others.
    ///
    /// # Errors
    /// Returns the line that the filter logged, if the filter refuses the configuration.
    pub fn load_in_new_vms<G: Guest + 'static>(
        &self,
        guest: impl Fn() -> G,
        configuration: impl AsRef<[u8]>,
        name: &str,
    ) -> Result<Plugin, String> {
        let vms: Vec<_> = (0..=self.workers).map(|_| Vm::new(guest(), &self.shared)).collect();
        self.vms.borrow_mut().extend(vms.iter().cloned());
        self.load_in(vms, configuration.as_ref(), name)
    }

    fn load_in(&self, vms: Vec<Rc<Vm>>, configuration: &[u8], name: &str) -> Result<Plugin, String> {
        let root = self.next_context.replace(self.next_context.get() + 1);
        for vm in &vms {
            let buffers = [(BufferType::PluginConfiguration, configuration.to_vec())].into();
            let attributes = attributes::of_plugin(name);
            let context = Context { attributes, buffers, ..Context::default() };
            vm.worker.contexts.borrow_mut().insert(root, context);
            vm.root.set(root);
            let create = Callback::ContextCreate { context: root, parent: 0 };
            let configure = Callback::Configure { context: root, size: configuration.len() };
            if vm.call(create).is_none() || vm.call(configure) != Some(1) {
                return Err(self.logs().pop().unwrap_or_default());
            }
            vm.worker.context(root, |context| context.buffers.clear());
        }
        Ok(Plugin {
            canary: vms[0].clone(),
            vms: vms[1..].to_vec(),
            root,
            name: name.into(),
            upstream: Response::new(200),
            next_context: self.next_context.clone(),
        })
    }

    /// Removes a plugin, as Envoy does after a reload when the plugin's streams have ended.
    pub fn unload(&self, plugin: &Plugin) {
        for vm in plugin.vms.iter().chain([&plugin.canary]) {
            vm.call(Callback::Delete { context: plugin.root });
            vm.worker.contexts.borrow_mut().remove(&plugin.root);
        }
    }

    /// Sets the log level of plugins loaded from now on. The default is trace.
    pub fn set_log_level(&self, level: LogLevel) {
        self.shared.log_level.set(level);
    }

    /// Returns the time of both clocks.
    pub fn now(&self) -> Duration {
        self.shared.now()
    }

    /// Moves the clock forward, and runs the ticks that become due.
    pub fn advance(&self, time: Duration) {
        let end = self.shared.now().saturating_add(time);
        while let Some((next, vm, context)) = self.next_tick().filter(|(next, ..)| *next <= end) {
            self.shared.now.set(next);
            vm.worker.context(context, |context| {
                if let Some(ticks) = &mut context.ticks {
                    ticks.next += ticks.period;
                }
            });
            vm.call(Callback::Tick { context });
        }
        self.shared.now.set(end);
    }

    /// Runs a tick of every plugin now, without moving the clock.
    pub fn tick(&self) {
        for vm in self.vms.borrow().iter() {
            let contexts = vm.worker.contexts.borrow();
            let ticking: Vec<_> = contexts
                .iter()
                .filter(|(_, state)| state.ticks.is_some())
                .map(|(context, _)| *context)
                .collect();
            drop(contexts);
            ticking.into_iter().for_each(|context| _ = vm.call(Callback::Tick { context }));
        }
    }

    /// Returns the next tick that is due, with its VM and plugin.
    fn next_tick(&self) -> Option<(Duration, Rc<Vm>, u32)> {
        let vms = self.vms.borrow();
        let ticks = vms.iter().flat_map(|vm| {
            let contexts = vm.worker.contexts.borrow();
            let of_vm = contexts.iter().filter_map(|(context, state)| Some((state.ticks?.next, *context)));
            of_vm.map(|(next, context)| (next, Rc::clone(vm), context)).collect::<Vec<_>>()
        });
        ticks.min_by_key(|(next, ..)| *next)
    }

    /// Returns the lines logged so far, as `Info: line`.
    pub fn logs(&self) -> Vec<String> {
        let line = |(level, line): &(LogLevel, String)| format!("{level:?}: {line}");
        self.shared.logs.borrow().iter().map(line).collect()
    }

    /// Returns the values of all metrics by name. Plugins report counters at their next [tick](Self::tick).
    pub fn metrics(&self) -> BTreeMap<String, u64> {
        self.shared.metrics.values()
    }

    /// Returns the number of keys in shared data.
    pub fn shared_data_keys(&self) -> usize {
        self.shared.data.borrow().len()
    }

    /// Returns the values of shared data by key. One that was removed is empty.
    pub fn shared_data(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let data = self.shared.data.borrow();
        data.iter().map(|(key, value)| (key.clone(), value.bytes.clone())).collect()
    }

    /// Writes a value of shared data, as another module with the same VM id does. An empty value removes it.
    pub fn set_shared_data(&self, key: &[u8], value: &[u8]) {
        // A write without a number always succeeds.
        _ = self.shared.set_data(key, value, 0);
    }

    /// Sets the service of a cluster.
    pub fn service(&self, cluster: &str, service: Service) {
        self.shared.services.borrow_mut().insert(cluster.into(), service);
    }

    /// Returns the calls that the service of a cluster has received since the last time.
    pub fn calls_to(&self, cluster: &str) -> Vec<Request> {
        let mut calls = self.shared.calls.borrow_mut();
        let (of_cluster, others) = calls.drain(..).partition(|(name, _)| name == cluster.as_bytes());
        *calls = others;
        let of_cluster: Vec<(Vec<u8>, Request)> = of_cluster;
        of_cluster.into_iter().map(|(_, request)| request).collect()
    }

    /// Returns the number of calls that wait for a response, and of gRPC streams that are not canceled, in all workers.
    pub fn calls_outstanding(&self) -> usize {
        let outstanding = |worker: &Worker| worker.calls.borrow().len() + worker.streams.borrow().len();
        self.vms.borrow().iter().map(|vm| outstanding(&vm.worker)).sum()
    }
}

impl Plugin {
    /// Sets the upstream's response.
    #[must_use]
    pub fn upstream(mut self, response: Response) -> Self {
        self.set_upstream(response);
        self
    }

    /// Sets the upstream's response.
    pub fn set_upstream(&mut self, response: Response) {
        self.upstream = response;
    }

    /// Starts a stream on a worker and returns its context id.
    pub(crate) fn begin(&self, vm: &Vm, mut attributes: Attributes) -> u32 {
        let context = self.next_context.replace(self.next_context.get() + 1);
        attributes.extend(attributes::of_plugin(&self.name));
        let state = Context { is_stream: true, attributes, ..Context::default() };
        vm.worker.contexts.borrow_mut().insert(context, state);
        vm.call(Callback::ContextCreate { context, parent: self.root });
        context
    }
}

impl Vm {
    fn new<G: Guest + 'static>(guest: G, shared: &Rc<Shared>) -> Rc<Self> {
        Rc::new(Self {
            guest: RefCell::new(Box::new(guest)),
            worker: Rc::new(Worker::new(Rc::clone(shared))),
            trapped: Cell::new(false),
            root: Cell::new(0),
        })
    }

    /// Runs a callback, then those it caused. Returns `None` if the VM traps or has trapped before.
    pub(crate) fn call(&self, callback: Callback) -> Option<u32> {
        let returned = self.call_one(callback);
        for token in self.worker.failed.take() {
            self.call_one(Callback::GrpcClose { context: self.root.get(), token, status: UNAVAILABLE });
        }
        returned
    }

    fn call_one(&self, callback: Callback) -> Option<u32> {
        if self.trapped.get() {
            return None;
        }
        self.worker.current.set(callback.context());
        match self.guest.borrow_mut().call(self.worker.clone(), callback) {
            Ok(returned) => Some(returned),
            Err(Trap(message)) => {
                self.trapped.set(true);
                self.worker.shared.logs.borrow_mut().push((LogLevel::Critical, message));
                None
            }
        }
    }

    /// Ends a stream.
    pub(crate) fn end(&self, context: u32) {
        self.call(Callback::Log { context });
        self.worker.context(context, |context| context.logged = None);
        self.call(Callback::Delete { context });
        self.worker.contexts.borrow_mut().remove(&context);
    }
}
