//! The thread that writes: everything that waits goes to the disk with one write and one sync.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot};

use super::entry::Entry;
use super::folder::Folder;
use super::frame;
use super::segment::{ClosedSegment, OpenSegment};
use crate::usage::BatchId;

/// A file is closed when it has come to this: delivering reads a file at once.
const SEGMENT_LEN: u64 = 8 << 20;

/// Waiting callers of one group; entries are bounded beside it.
const GROUP: usize = 1_024;

/// Who waits for a group; its members share the error.
type Done = oneshot::Sender<Result<(), Arc<io::Error>>>;

/// What is asked of the thread.
pub(super) enum Order {
    /// Bring entries to the disk, all or none.
    Record { entries: Vec<Entry>, done: Done },
    /// Close the file, so that it can be delivered.
    Close { done: oneshot::Sender<()> },
}

/// Files that wait to be delivered, in order.
#[derive(Default)]
pub(super) struct Closed(Mutex<VecDeque<ClosedSegment>>);

impl Closed {
    pub(super) fn new(segments: Vec<ClosedSegment>) -> Self {
        Self(Mutex::new(segments.into()))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, VecDeque<ClosedSegment>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Writer {
    folder: Folder,
    closed: Arc<Closed>,
    open: Option<OpenSegment>,
    sequence: u64,
}

impl Writer {
    pub(super) fn new(folder: Folder, closed: Arc<Closed>) -> Self {
        Self { folder, closed, open: None, sequence: 0 }
    }

    /// Works until nobody can ask any more.
    pub(super) fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut group = Vec::new();
        while let Some(first) = orders.blocking_recv() {
            let mut next = Some(first);
            let (mut entries, mut closing) = (0, None);
            // Those who came while the last group was written form the next one.
            while let Some(order) = next {
                match order {
                    Order::Record { entries: some, done } => {
                        entries += some.len();
                        group.push((some, done));
                    }
                    Order::Close { done } => {
                        closing = Some(done);
                        break;
                    }
                }
                let full = group.len() >= GROUP || entries * Entry::MAX_LEN >= frame::MAX_LEN / 2;
                next = if full { None } else { orders.try_recv().ok() };
            }
            self.write(&mut group);
            if let Some(done) = closing {
                self.close();
                // Whoever asked may have gone.
                let _ = done.send(());
            }
        }
        self.close();
    }

    fn write(&mut self, group: &mut Vec<(Vec<Entry>, Done)>) {
        if group.is_empty() {
            return;
        }
        let mut contents = Vec::new();
        for entry in group.iter().flat_map(|(entries, _)| entries) {
            entry.push(&mut contents);
        }
        let mut bytes = Vec::with_capacity(contents.len() + 16);
        frame::push(&mut bytes, &contents);
        let result = self.append(&bytes).map_err(Arc::new);
        for (_, done) in group.drain(..) {
            // Whoever asked may have gone: it is in all the same.
            let _ = done.send(result.clone());
        }
        if self.open.as_ref().is_some_and(|open| open.len() >= SEGMENT_LEN) {
            self.close();
        }
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut open = if let Some(open) = self.open.take() {
            open
        } else {
            // One that cannot be made may stand in the way: no name is tried twice.
            self.sequence += 1;
            let id = BatchId::new(self.folder.producer, self.folder.epoch, self.sequence);
            OpenSegment::create(&self.folder.path, id)?
        };
        let result = open.append(bytes);
        if result.is_ok() || open.take_back().is_ok() {
            self.open = Some(open);
        } else {
            self.closed.lock().push_back(open.close());
        }
        result
    }

    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.closed.lock().push_back(open.close());
        }
    }
}
