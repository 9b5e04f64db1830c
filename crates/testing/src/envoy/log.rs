//! Parses the lines that filters write to Envoy's log.

/// Returns the lines that filters of a VM logged, as `Info: line`.
pub(super) fn of_vm(log: &str, vm_id: &str) -> Vec<String> {
    log.lines().filter_map(|line| of_line(line, vm_id)).collect()
}

/// Parses `[time][thread][level][wasm] [file] wasm log name root vm: line`, which has the root only if it differs from
/// the name.
fn of_line(line: &str, vm_id: &str) -> Option<String> {
    let (head, text) = line.split_once("] wasm log ")?;
    let (source, text) = text.split_once(": ")?;
    if source.rsplit(' ').next() != Some(vm_id) {
        return None;
    }
    let level = match head.split(['[', ']']).nth(5)? {
        "trace" => "Trace",
        "debug" => "Debug",
        "info" => "Info",
        "warning" => "Warn",
        "error" => "Error",
        _ => "Critical",
    };
    Some(format!("{level}: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_other_vms_are_left_out() {
        let log = "[2026-01-01 00:00:00.000][7][info][wasm] [source/context.cc:1] wasm log plugin plugin vm: a: b\n\
                   [2026-01-01 00:00:00.000][7][warning][wasm] [source/context.cc:1] wasm log plugin plugin vm-1: c\n\
                   [2026-01-01 00:00:00.000][7][info][main] starting\n";
        assert_eq!(of_vm(log, "vm"), ["Info: a: b"]);
        assert_eq!(of_vm(log, "vm-1"), ["Warn: c"]);
    }
}
