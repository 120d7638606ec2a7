//! Each file in `fail/` must not compile, with the words in its `.stderr`; the files in `pass/`
//! compile into this binary and assert what their derives made.
//!
//! The passing cases do not go through trybuild: it would then build instead of check, once for
//! each case, and the lints of the workspace would not see what the derives generate.
//!
//! After a change of words: `TRYBUILD=overwrite cargo test -p tenancy-ui-tests`, and read the diff.

#[path = "../pass/entity.rs"]
mod entity;
#[path = "../pass/stored_row.rs"]
mod stored_row;
#[path = "../pass/value.rs"]
mod value;

#[test]
fn refused_with_words_that_help() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}
