use super::*;

fn parsed(line: &str) -> Result<Command, clap::Error> {
    let arguments = line.split(' ').map(OsString::from);
    Arguments::try_parse_from(without_own_name(arguments)).map(|arguments| arguments.command)
}

#[test]
fn cargo_may_pass_the_name_again() {
    for line in ["cargo-proxy-filter new my-filter", "cargo-proxy-filter proxy-filter new my-filter"] {
        assert!(matches!(parsed(line).unwrap(), Command::New { name, .. } if name == "my-filter"), "{line}");
    }
    // Only in first place: a filter may have this name.
    assert!(parsed("cargo-proxy-filter new proxy-filter").is_ok());
}

#[test]
fn errors_show_the_mistake() {
    for (line, expected) in [
        ("cargo-proxy-filter buld", "unrecognized subcommand 'buld'"),
        ("cargo-proxy-filter new", "<NAME>"),
        ("cargo-proxy-filter new a-b --tcp --http", "cannot be used with"),
        ("cargo-proxy-filter build add-header", "unexpected argument 'add-header'"),
        ("cargo-proxy-filter pack --module a.wasm", "--name <NAME>"),
        ("cargo-proxy-filter pack --module a.wasm --name a -p b", "cannot be used with"),
        ("cargo-proxy-filter publish r --builder https://ci", "--sign <KEY>"),
        ("cargo-proxy-filter publish r --sign key --builder me", "it is not a URI, such as https://"),
        ("cargo-proxy-filter publish r --module a.wasm --name a --sbom", "cannot be used with"),
        ("cargo-proxy-filter build --color blue", "[possible values: auto, always, never]"),
    ] {
        let error = parsed(line).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn every_command_has_an_example() {
    let mut definition = definition();
    definition.build();
    definition.clone().debug_assert();
    for command in definition.get_subcommands().filter(|command| !command.is_hide_set()) {
        let is_help = command.get_name() == "help";
        assert!(is_help || command.get_after_help().is_some(), "{}", command.get_name());
    }
}
