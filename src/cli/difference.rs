//! What a change to a file would be, as a unified difference that `patch` and `git apply` take.

use std::fmt::Write as _;

/// Lines around a change.
const CONTEXT: usize = 3;

/// One hunk from the first line that differs to the last; nothing where none does.
pub(super) fn difference(path: &str, before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (
        before.split_inclusive('\n').collect(),
        after.split_inclusive('\n').collect(),
    );
    if old == new {
        return String::new();
    }
    let same = |(one, other): &(&&str, &&str)| one == other;
    let front = old.iter().zip(&new).take_while(same).count();
    let rest = old.len().min(new.len()) - front;
    let back = old.iter().rev().zip(new.iter().rev());
    let back = back.take_while(same).take(rest).count();
    let from = front.saturating_sub(CONTEXT);
    let end = |lines: &[&str]| (lines.len() - back + CONTEXT).min(lines.len());
    let (old_end, new_end) = (end(&old), end(&new));
    let mut text = match path.starts_with('/') {
        true => format!("--- {path}\n+++ {path}\n"),
        false => format!("--- a/{path}\n+++ b/{path}\n"),
    };
    let range = |end: usize| match end - from {
        0 => format!("{from},0"),
        count => format!("{},{count}", from + 1),
    };
    let _ = writeln!(text, "@@ -{} +{} @@", range(old_end), range(new_end));
    let mut add = |sign: char, lines: &[&str]| {
        for line in lines {
            text.push(sign);
            text.push_str(line);
            if !line.ends_with('\n') {
                text.push_str("\n\\ No newline at end of file\n");
            }
        }
    };
    add(' ', &old[from..front]);
    add('-', &old[front..old.len() - back]);
    add('+', &new[front..new.len() - back]);
    add(' ', &old[old.len() - back..old_end]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_insertion_is_one_hunk_with_context() {
        let before = "a\nb\nc\nd\ne\nf\n";
        let after = "a\nb\nc\nd\nX\ne\nf\n";
        assert_eq!(
            difference("p", before, after),
            "--- a/p\n+++ b/p\n@@ -2,5 +2,6 @@\n b\n c\n d\n+X\n e\n f\n"
        );
        assert_eq!(difference("p", before, before), "");
    }

    #[test]
    fn a_missing_line_end_is_told() {
        let told = difference("p", "a", "a\nb\n");
        assert!(
            told.contains("-a\n\\ No newline at end of file\n+a\n+b\n"),
            "{told}"
        );
    }

    #[test]
    fn repeated_lines_are_not_counted_twice() {
        let told = difference("p", "a\na\n", "a\na\na\n");
        assert_eq!(told, "--- a/p\n+++ b/p\n@@ -1,2 +1,3 @@\n a\n a\n+a\n");
    }
}
