//! Variants of the built limiters that trap when a client asks for it, and that notice sooner that a worker is gone.
//!
//! The filters have no such parts. So the test adds them to the built module: a callback that the filter does not have, and a
//! smaller number in place of the time after which a worker is gone. Everything else is what ships.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::parts;
use harness::scratch::Scratch;
use walrus::ir::{BinaryOp, Const, Value, VisitorMut, dfs_pre_order_mut};
use walrus::{FunctionBuilder, FunctionId, Module, ValType};

/// The size of the part of a body, or of the chunk of a connection, that makes a variant trap. No other part has it.
pub(crate) const TRAP: usize = 666;

/// How long after its last sign of life a worker is gone, in the modules that ship.
pub(crate) const GONE_AFTER: Duration = Duration::from_secs(30);

/// Set to use [`GONE_AFTER`] in variants, too.
const LONG: &str = "LONG";

/// The same in a variant. Longer than tables need to be confirmed again, which is four seconds.
const GONE_AFTER_IN_VARIANT: Duration = Duration::from_secs(5);

/// A variant of a built filter, in a file that is deleted with it.
pub(crate) struct Variant {
    file: PathBuf,
    _scratch: Scratch,
    /// How long after its last sign of life a worker is gone.
    pub(crate) gone_after: Duration,
}

impl Variant {
    /// Makes the variant of a filter that traps in this callback, which gets a context, a size, and whether it is the last.
    pub(crate) fn that_traps_in(callback: &str, filter: &str) -> Result<Self> {
        let is_long = std::env::var_os(LONG).is_some();
        let gone_after = if is_long { GONE_AFTER } else { GONE_AFTER_IN_VARIANT };
        let mut module = Module::from_file(parts::filter(filter))?;
        ensure!(module.exports.iter().all(|export| export.name != callback), "{filter} has `{callback}`");
        let traps = trapping_callback(&mut module)?;
        module.exports.add(callback, traps);
        sooner(&mut module, gone_after)?;
        let scratch = Scratch::new("variant")?;
        let file = scratch.path().join(format!("{filter}.wasm"));
        module.emit_wasm_file(&file)?;
        Ok(Self { file, _scratch: scratch, gone_after })
    }

    /// Returns the module's file.
    pub(crate) fn file(&self) -> &std::path::Path {
        &self.file
    }
}

fn trapping_callback(module: &mut Module) -> Result<FunctionId> {
    let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32; 3], &[ValType::I32]);
    let arguments: Vec<_> = (0..3).map(|_| module.locals.add(ValType::I32)).collect();
    let size = *arguments.get(1).context("three arguments")?;
    function.func_body().local_get(size).i32_const(i32::try_from(TRAP)?).binop(BinaryOp::I32Eq).if_else(
        None,
        |then| _ = then.unreachable(),
        |_| (),
    );
    // The action to continue.
    function.func_body().i32_const(0);
    Ok(function.finish(arguments, &mut module.funcs))
}

/// Replaces the time after which a worker is gone, and the last nanosecond before, which comparisons use.
fn sooner(module: &mut Module, gone_after: Duration) -> Result<()> {
    let nanoseconds = |time: Duration| i64::try_from(time.as_nanos());
    let (from, to) = (nanoseconds(GONE_AFTER)?, nanoseconds(gone_after)?);
    let mut replaced =
        Replaced { numbers: [(from, to), (from.saturating_sub(1), to.saturating_sub(1))], count: 0 };
    for (_, function) in module.funcs.iter_local_mut() {
        let entry = function.entry_block();
        dfs_pre_order_mut(&mut replaced, function, entry);
    }
    ensure!(replaced.count > 0, "the module does not contain the time after which a worker is gone");
    Ok(())
}

struct Replaced {
    numbers: [(i64, i64); 2],
    count: usize,
}

impl VisitorMut for Replaced {
    fn visit_const_mut(&mut self, constant: &mut Const) {
        let Value::I64(value) = &mut constant.value else { return };
        if let Some((_, to)) = self.numbers.iter().find(|(from, _)| from == value) {
            *value = *to;
            self.count = self.count.saturating_add(1);
        }
    }
}
