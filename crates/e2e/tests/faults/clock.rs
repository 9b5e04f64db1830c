//! The wall clock, which steps when it is set, decides nothing: the limiters read only the monotonic one.
//!
//! This reads their code, because Envoy cannot start with a library that moves its clock (libfaketime): both wait for each other.

use anyhow::{Context, Result, ensure};
use harness::parts;
use harness::suite::Case;
use walrus::ir::{Const, Instr, InstrSeq, Value, Visitor, dfs_in_order};
use walrus::{FunctionId, FunctionKind, Module};

pub(crate) const TESTS: [Case; 1] = [("limiters_read_no_clock_that_steps", read)];

const LIMITERS: [&str; 3] = ["rate-limit", "rate-limit-body", "rate-limit-tcp"];

/// The host's function for the wall clock, and that of WASI for any.
const WALL: &str = "proxy_get_current_time_nanoseconds";
const ANY: &str = "clock_time_get";

/// WASI's number for the monotonic clock.
const MONOTONIC: i32 = 1;

fn read() -> Result<()> {
    for limiter in LIMITERS {
        let module = Module::from_file(parts::filter(limiter))?;
        let imported = |name: &str| module.imports.iter().find(|import| import.name == name);
        ensure!(imported(WALL).is_none(), "{limiter} imports `{WALL}`");
        let function = imported(ANY).with_context(|| format!("{limiter} imports no `{ANY}`"))?.kind.clone();
        let walrus::ImportKind::Function(function) = function else { anyhow::bail!("{ANY} is no function") };
        let mut reads = Reads { function, monotonic: 0, others: 0 };
        for function in module.funcs.iter() {
            if let FunctionKind::Local(local) = &function.kind {
                dfs_in_order(&mut reads, local, local.entry_block());
            }
        }
        println!("{limiter} reads the monotonic clock in {} places", reads.monotonic);
        ensure!(
            reads.monotonic > 0 && reads.others == 0,
            "{limiter} reads another clock in {} places",
            reads.others
        );
    }
    Ok(())
}

/// The places that read a clock.
struct Reads {
    function: FunctionId,
    monotonic: usize,
    others: usize,
}

impl<'a> Visitor<'a> for Reads {
    fn start_instr_seq(&mut self, sequence: &'a InstrSeq) {
        let is_read =
            |(instr, _): &&(Instr, _)| matches!(instr, Instr::Call(call) if call.func == self.function);
        let (mut monotonic, mut others) = (0_usize, 0_usize);
        for (index, _) in sequence.instrs.iter().enumerate().filter(|(_, it)| is_read(it)) {
            // The arguments are the clock, the precision, which alone has 64 bits, and where the time goes.
            let before = sequence.instrs.get(..index).unwrap_or_default().iter().map(|(instr, _)| instr);
            let mut before =
                before.rev().skip_while(|it| !matches!(it, Instr::Const(Const { value: Value::I64(_) })));
            match before.nth(1) {
                Some(Instr::Const(Const { value: Value::I32(MONOTONIC) })) => monotonic += 1,
                _ => others += 1,
            }
        }
        self.monotonic = self.monotonic.saturating_add(monotonic);
        self.others = self.others.saturating_add(others);
    }
}
