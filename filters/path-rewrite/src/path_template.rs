//! Path templates, such as `/users/{id}`.

/// Converts a template to a regular expression. Each variable matches one segment that is not empty.
///
/// # Errors
/// The template is invalid. The error says how to fix it.
pub(crate) fn to_regex(template: &str) -> Result<String, String> {
    let mut regex = String::from("^");
    let mut names: Vec<&str> = Vec::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        if text.contains('}') {
            return Err(unopened_brace(text));
        }
        if !text.ends_with('/') {
            return Err(format!("`{{{after}` must be a whole segment: write a slash before it"));
        }
        let (name, after) = after.split_once('}').ok_or_else(|| unclosed_brace(after))?;
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            return Err(format!("`{{{name}}}` is not a variable name: use letters, digits and `_`"));
        }
        if names.contains(&name) {
            return Err(format!("duplicate variable `{{{name}}}`: give each segment its own name"));
        }
        if !after.is_empty() && !after.starts_with('/') {
            return Err(format!("`{{{name}}}` must be a whole segment: write a slash after it"));
        }
        names.push(name);
        regex += &format!("{}(?P<{name}>[^/]+)", regex::escape(text));
        rest = after;
    }
    match rest.contains('}') {
        true => Err(unopened_brace(rest)),
        false => Ok(regex + &regex::escape(rest) + "$"),
    }
}

/// The error of a template or a replacement with a `{` that is not closed.
pub(crate) fn unclosed_brace(after: &str) -> String {
    format!("unmatched `{{` in `{{{after}`: write a variable as `{{name}}`")
}

/// The error of a template or a replacement with a `}` that is not opened.
pub(crate) fn unopened_brace(text: &str) -> String {
    format!("unmatched `}}` in `{text}`: write a literal brace as `%7D`")
}

#[cfg(test)]
mod tests {
    use regex::bytes::Regex;

    use super::*;

    #[test]
    fn each_variable_matches_one_segment() {
        let regex = Regex::new(&to_regex("/users/{id}/p.sts/{post}").unwrap()).unwrap();
        for (path, matches) in [
            ("/users/7/p.sts/a-b", true),
            ("/users/7/posts/a", false),
            ("/users//p.sts/a", false),
            ("/users/7/p.sts/", false),
            ("/users/7/p.sts/a/", false),
            ("/x/users/7/p.sts/a", false),
            ("/users/7/8/p.sts/a", false),
        ] {
            assert_eq!(regex.is_match(path.as_bytes()), matches, "{path}");
        }
    }

    #[test]
    fn errors_of_templates_say_how_to_fix_them() {
        for (template, expected) in [
            ("/a/{", "unmatched `{` in `{`: write a variable as `{name}`"),
            ("/a/{b c}", "`{b c}` is not a variable name"),
            ("/a/{}", "`{}` is not a variable name"),
            ("/a{b}", "`{b}` must be a whole segment: write a slash before it"),
            ("/{a}b", "`{a}` must be a whole segment: write a slash after it"),
            ("/{a}/{a}", "duplicate variable `{a}`: give each segment its own name"),
            ("/a}/{b}", "unmatched `}` in `/a}/`"),
            ("/a}", "unmatched `}` in `/a}`"),
        ] {
            let error = to_regex(template).unwrap_err();
            assert!(error.starts_with(expected), "{template}: {error}");
        }
    }
}
