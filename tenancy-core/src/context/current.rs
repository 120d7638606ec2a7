//! Which context runs on this thread: swapped in for each poll, swapped out after it.
//!
//! Not `tokio::task_local!`: that takes the value by copy for anything but a future, and panics
//! in what is dropped while its thread ends.

use std::cell::RefCell;
use std::mem;

use super::TenantContext;

thread_local! {
    static CURRENT: RefCell<Option<TenantContext>> = const { RefCell::new(None) };
}

/// Returns the context that runs, if one does.
pub(super) fn context() -> Option<TenantContext> {
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// Runs a function in what the place holds: a context, or none. It holds the same afterwards,
/// also after a panic.
#[inline]
pub(super) fn within<R>(place: &mut Option<TenantContext>, run: impl FnOnce() -> R) -> R {
    swap(place);
    let _back = Back(place);
    run()
}

struct Back<'a>(&'a mut Option<TenantContext>);

impl Drop for Back<'_> {
    fn drop(&mut self) {
        swap(self.0);
    }
}

fn swap(place: &mut Option<TenantContext>) {
    // A thread that ends has no place any more; what is dropped then is dropped outside.
    let _ = CURRENT.try_with(|current| mem::swap(&mut *current.borrow_mut(), place));
}
