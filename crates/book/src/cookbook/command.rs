//! The command that sends the first requests of a job through its filter, without deploying it.

use super::exchange::Exchange;
use super::job::Job;

/// Returns the command. `None` for a job that needs more than the model of a proxy behind `just try`.
pub(super) fn command(job: &Job) -> Option<String> {
    let first = job.exchanges.first().filter(|_| job.runs_in_model())?;
    let request = first.request.as_ref()?;
    let mut words = vec![format!("just try {} {}.yaml", job.filter, job.name)];
    let default = if request.body.as_ref().is_empty() { "GET" } else { "POST" };
    words.extend((request.method != default).then(|| request.method.clone()));
    words.push(quoted(&request.path));
    for (name, value) in &request.headers {
        let name = if name == ":authority" { "host" } else { name };
        words.push(format!("-H {}", quoted(&format!("{name}: {value}"))));
    }
    if !request.body.as_ref().is_empty() {
        words.push(format!("--body {}", quoted(&request.body.to_string())));
    }
    words.extend(request.from.map(|address| format!("--from {address}")));
    let upstream = &first.upstream;
    words.extend((upstream.status != 200).then(|| format!("--response-status {}", upstream.status)));
    for (name, value) in &upstream.headers {
        words.push(format!("--response-header {}", quoted(&format!("{name}: {value}"))));
    }
    let times: u32 =
        job.exchanges.iter().take_while(|exchange| is_same(exchange, first)).map(|e| e.repeat).sum();
    words.extend((times > 1).then(|| format!("--repeat {times}")));
    Some(words.join(" "))
}

/// Returns whether two exchanges send the same request, and differ in what comes of it at most.
fn is_same(one: &Exchange, other: &Exchange) -> bool {
    one.request == other.request && one.upstream == other.upstream
}

/// Quotes a word for a shell, if it needs that.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_shell() {
        for (word, expected) in [("/a-b.c", "/a-b.c"), ("/a?b=c", "'/a?b=c'"), ("it's", r"'it'\''s'")] {
            assert_eq!(quoted(word), expected);
        }
    }
}
