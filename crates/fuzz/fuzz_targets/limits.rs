//! rate-limit decides as an exact reference does, across workers, reloads and traps.
//!
//! Two or three workers take requests in an order that the input chooses, for one or two configurations, each loaded any number
//! of times, by former plugins too, in the VMs that are there or in new ones. VMs trap. Without leases, every decision equals the
//! reference's; with them, no interval admits more than the burst and what was refilled. A rule that reads its cost from responses
//! charges that, or its default. Requests in flight stop counting when they end, at the latest half a minute
//! after their worker trapped.
#![no_main]

use std::cell::OnceCell;
use std::time::Duration;

use arbitrary::Arbitrary;
use fuzz::overlay::Overlay;
use fuzz::rules::{COST_HEADER, Counted, Reference, Rule, Rules};
use libfuzzer_sys::fuzz_target;
use proxy_filter::sys::LogLevel;
use proxy_model::{HeldRequest, NativeHttp, Plugin, Proxy, Request, Responder, Response};
use rate_limit::RateLimit;
use serde_json::{Value, json};

/// The most steps, and times that configurations are loaded.
const STEPS: usize = 64;
const LOADS: usize = 6;

/// The longest wait: longer than it takes until a worker is gone.
const LONGEST: Duration = Duration::from_secs(40);

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    has_three_workers: bool,
    /// Chooses the response of the first plugin's upstream.
    response: u8,
    configurations: [Rules; 2],
    /// Each is three bytes.
    steps: &'a [u8],
}

#[derive(Debug)]
enum Step {
    Send { worker: u8, client: u8, plugin: u8 },
    Hold { worker: u8, client: u8, plugin: u8 },
    Release { which: u8 },
    WaitForTokens { is_second: bool, rule: u8, tokens: u8 },
    Wait { milliseconds: u16 },
    WaitLong { seconds: u8 },
    Load { is_second: bool, is_in_new_vms: bool, response: u8 },
    Trap { worker: u8 },
}

impl Step {
    fn of([kind, place, number]: [u8; 3]) -> Self {
        let (worker, plugin, client) = (place, place / 4, number);
        match kind % 16 {
            0..5 => Self::Send { worker, client, plugin },
            5..9 => Self::Hold { worker, client, plugin },
            9..12 => Self::Release { which: number },
            12 => Self::WaitForTokens { is_second: place % 2 == 1, rule: place / 2, tokens: number },
            13 => Self::Wait { milliseconds: u16::from_le_bytes([place, number]) },
            14 if number > 191 => Self::WaitLong { seconds: number },
            14 => Self::Trap { worker },
            _ => {
                Self::Load { is_second: place % 2 == 1, is_in_new_vms: number % 2 == 1, response: number / 2 }
            }
        }
    }
}

/// A plugin, and where its VMs are.
struct Loaded<'a> {
    plugin: &'a Plugin,
    configuration: usize,
    /// The number of its first VM, which is the main thread's.
    first_vm: usize,
    /// The cost that its upstream's responses report. `None` if they report none.
    tokens: Option<u64>,
}

struct World<'a> {
    proxy: &'a Proxy,
    overlay: &'a Overlay,
    cells: &'a [OnceCell<Plugin>],
    texts: &'a [String; 2],
    references: [Reference<'a>; 2],
    loaded: Vec<Loaded<'a>>,
    held: Vec<Held<'a>>,
    /// By number.
    is_trapped: Vec<bool>,
    /// The first VM of those that plugins share.
    vms: usize,
}

struct Held<'a> {
    request: HeldRequest<'a>,
    counted: Option<Counted>,
    configuration: usize,
    vm: usize,
}

fn text(rules: &[Rule], prefix: &str) -> String {
    let key = json!([{"header": "x-client"}]);
    let rule = |(number, rule): (usize, &Rule)| rule.configuration(&format!("{prefix}{number}"), &key, true);
    json!({"rules": rules.iter().enumerate().map(rule).collect::<Vec<Value>>()}).to_string()
}

fn request(client: u8) -> Request {
    Request::get("/").header("x-client", client.to_string())
}

/// Returns the response that a number chooses, and the cost that it reports.
fn response(number: u8) -> (Response, Option<u64>) {
    let reports = |cost: &str| Response::new(200).header(COST_HEADER, cost);
    match number {
        0..8 => (reports(&number.to_string()), Some(number.into())),
        // More than any bucket may owe.
        8..32 => (reports("1000"), Some(1000)),
        32..64 => (reports("many"), None),
        _ => (Response::new(200), None),
    }
}

impl<'a> World<'a> {
    fn load(&mut self, configuration: usize, is_in_new_vms: bool, number: u8) {
        let Some(cell) = self.cells.get(self.loaded.len()) else { return };
        let shared = self.vms;
        let is_broken = self.is_trapped[shared..=shared + self.proxy.workers()].contains(&true);
        let first_vm = if is_in_new_vms || is_broken { self.is_trapped.len() } else { shared };
        let plugin = match first_vm == shared {
            true => self.proxy.load(&self.texts[configuration], "plugin"),
            false => {
                self.is_trapped.resize(first_vm + self.proxy.workers() + 1, false);
                let guest = || self.overlay.over(NativeHttp::<RateLimit>::default());
                self.proxy.load_in_new_vms(guest, &self.texts[configuration], "plugin")
            }
        };
        // All configurations are valid, and there are tables enough.
        let mut plugin = plugin.unwrap_or_else(|line| panic!("{line}"));
        let (response, tokens) = response(number);
        plugin.set_upstream(response);
        self.loaded.push(Loaded { plugin: cell.get_or_init(|| plugin), configuration, first_vm, tokens });
    }

    fn choose(&self, plugin: u8, worker: u8) -> (usize, usize, usize) {
        let plugin = usize::from(plugin) % self.loaded.len();
        let worker = usize::from(worker) % self.proxy.workers();
        (plugin, worker, self.loaded[plugin].first_vm + 1 + worker)
    }

    fn send(&mut self, client: u8, (plugin, worker, vm): (usize, usize, usize)) {
        let Loaded { plugin, configuration, tokens, .. } = self.loaded[plugin];
        let exchange = plugin.send(worker, &request(client));
        if self.is_trapped[vm] {
            assert_eq!(exchange.responder, Responder::Proxy);
            return;
        }
        let is_admitted = exchange.upstream.is_some();
        assert_eq!(exchange.response.status(), if is_admitted { 200 } else { 429 });
        let (reference, now) = (&mut self.references[configuration], self.proxy.now());
        if let Some(counted) = reference.check(client, now, is_admitted) {
            reference.release(counted, now, tokens);
        }
    }

    /// Starts a request that stays in flight. The model does not tell whether it was admitted, so a look at the metrics does.
    fn hold(&mut self, client: u8, (plugin, worker, vm): (usize, usize, usize)) {
        let Loaded { plugin, configuration, .. } = self.loaded[plugin];
        let before = self.limited();
        let request = plugin.hold(worker, &request(client));
        let is_admitted = self.limited() == before;
        let counted = match self.is_trapped[vm] {
            true => None,
            false => self.references[configuration].check(client, self.proxy.now(), is_admitted),
        };
        self.held.push(Held { request, counted, configuration, vm });
    }

    fn limited(&self) -> u64 {
        self.proxy.tick();
        let metrics = self.proxy.metrics();
        metrics.iter().filter(|(name, _)| name.contains("rate_limit.limited")).map(|(_, value)| *value).sum()
    }

    fn release(&mut self, which: usize) {
        let Held { request, counted, configuration, vm } = self.held.swap_remove(which);
        drop(request);
        if let Some(counted) = counted.filter(|_| !self.is_trapped[vm]) {
            // The client leaves before there is a response.
            self.references[configuration].release(counted, self.proxy.now(), None);
        }
    }

    fn trap(&mut self, worker: u8) {
        let vm = self.vms + 1 + usize::from(worker) % self.proxy.workers();
        let number = vm - self.vms - 1;
        if self.is_trapped[vm] {
            return;
        }
        self.overlay.traps.set(Some(vm));
        let shared = self.loaded.iter().find(|loaded| loaded.first_vm == self.vms);
        let Some(Loaded { plugin, .. }) = shared else { return self.overlay.traps.set(None) };
        plugin.send(number, &request(0));
        assert_eq!(self.overlay.traps.get(), None);
        self.is_trapped[vm] = true;
        let now = self.proxy.now();
        for held in self.held.iter_mut().filter(|held| held.vm == vm) {
            let counted = held.counted.take();
            counted.into_iter().for_each(|counted| self.references[held.configuration].lose(counted, now));
        }
    }

    fn run(&mut self, step: &Step) {
        match *step {
            Step::Send { worker, client, plugin } => self.send(client % 4, self.choose(plugin, worker)),
            Step::Hold { worker, client, plugin } => self.hold(client % 4, self.choose(plugin, worker)),
            Step::Release { which } if self.held.is_empty() => _ = which,
            Step::Release { which } => self.release(usize::from(which) % self.held.len()),
            Step::WaitForTokens { is_second, rule, tokens } => {
                // Until this many tokens of the rule have been refilled, if that does not take too long.
                let interval =
                    self.references[usize::from(is_second)].interval(rule.into()).unwrap_or_default();
                self.proxy.advance((interval * u32::from(tokens)).min(LONGEST));
            }
            Step::Wait { milliseconds } => {
                self.proxy.advance(Duration::from_millis(u64::from(milliseconds) % 3000))
            }
            Step::WaitLong { seconds } => {
                self.proxy.advance(Duration::from_secs(u64::from(seconds) % LONGEST.as_secs()))
            }
            Step::Load { is_second, is_in_new_vms, response } => {
                self.load(usize::from(is_second), is_in_new_vms, response);
            }
            Step::Trap { worker } => self.trap(worker),
        }
    }
}

fuzz_target!(|input: Input<'_>| {
    let workers = if input.has_three_workers { 3 } else { 2 };
    let overlay = Overlay::default();
    let proxy = Proxy::new(workers, || overlay.over(NativeHttp::<RateLimit>::default()));
    proxy.set_log_level(LogLevel::Critical);
    let rules = input.configurations.each_ref().map(Rules::as_slice);
    let texts = [text(rules[0], "a"), text(rules[1], "b")];
    let cells: Vec<_> = (0..LOADS).map(|_| OnceCell::new()).collect();
    let references = rules.map(|rules| Reference::new(rules, true));
    let (loaded, held, is_trapped) = (Vec::new(), Vec::new(), vec![false; workers + 1]);
    let mut world = World {
        proxy: &proxy,
        overlay: &overlay,
        cells: &cells,
        texts: &texts,
        references,
        loaded,
        held,
        is_trapped,
        vms: 0,
    };
    world.load(0, false, input.response);
    let (steps, _) = input.steps.as_chunks();
    steps.iter().take(STEPS).for_each(|step| world.run(&Step::of(*step)));
    // Once all requests have ended, the limit is free again.
    while !world.held.is_empty() {
        world.release(0);
    }
    proxy.advance(Duration::from_secs(33));
    world.load(0, true, 0);
    for _ in 0..4 {
        let last = world.loaded.len() - 1;
        let place = world.choose(u8::try_from(last).expect("few"), 0);
        world.hold(0, place);
    }
    world.held.clear();
});
