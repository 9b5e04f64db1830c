//! The commands of the book's cookbook, with the configurations above them.

use std::fs;
use std::path::Path;

use crate::run::there;
use crate::transcripts::words;

/// The pages with jobs for HTTP.
const PAGES: [&str; 6] = ["responses", "requests", "paths", "redirects", "limits", "rollouts"];

#[test]
fn the_cookbooks_commands_show_what_its_tables_say() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cookbook");
    fs::create_dir_all(&directory).unwrap();
    let mut count = 0;
    for page in PAGES {
        let path = harness::parts::root().join(format!("docs/src/cookbook/{page}.md"));
        let text = fs::read_to_string(path).unwrap();
        for job in text.split("\n## ").skip(1) {
            let Some((before, after)) = job.split_once("```sh\njust ") else { continue };
            let (command, _) = after.split_once('\n').unwrap();
            let arguments = words(command);
            fs::write(directory.join(&arguments[2]), block(before)).unwrap();
            let output =
                there(&directory, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).output();
            // What the first row of the table says, such as `| GET / | 301 ...`.
            let row = before.split_once("|---|---|\n").unwrap().1.lines().next().unwrap();
            let status = row.rsplit("| `").next().unwrap().split('`').next().unwrap();
            let expected = [format!("    :status: {status}\n"), format!("  + :status: {status}\n")];
            assert!(expected.iter().any(|line| output.contains(line)), "{command}\n{row}\n{output}");
            count += 1;
        }
    }
    assert!(count > 30, "only {count} commands");
}

/// Returns the block of code in YAML.
fn block(text: &str) -> &str {
    text.split_once("```yaml\n").unwrap().1.split_once("```").unwrap().0
}
