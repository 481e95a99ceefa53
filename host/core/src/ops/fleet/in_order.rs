//! Work on several threads whose results are visited in the order of the items.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

/// The results that may wait for the one before them, so that memory stays flat while one item
/// takes long.
const MAX_WAITING: usize = 64;

/// Calls `work` for each item on several threads, and `visit` with each result, in the order of
/// the items and on this thread. Without a thread, because this machine refuses them, this one
/// does the work. The first error of `visit` ends it.
pub(super) fn in_order<T: Sync, R: Send, E>(
    items: &[T],
    threads: usize,
    work: &(dyn Fn(&T) -> R + Sync),
    visit: &mut dyn FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let queue = Queue::default();
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        let mut started = 0;
        for _ in 0..threads.min(items.len()) {
            let sender = sender.clone();
            let queue = &queue;
            let run = move || queue.work_off(items, work, &sender);
            let builder = thread::Builder::new().name("environment".to_owned());
            started += usize::from(builder.spawn_scoped(scope, run).is_ok());
        }
        drop(sender);
        if started == 0 {
            return items.iter().try_for_each(|item| visit(work(item)));
        }
        let mut waiting = BTreeMap::new();
        let mut visited = 0;
        for (at, result) in receiver {
            waiting.insert(at, result);
            while let Some(result) = waiting.remove(&visited) {
                if let Err(error) = visit(result) {
                    queue.advance(Progress::Stopped);
                    return Err(error);
                }
                visited += 1;
                queue.advance(Progress::Visited(visited));
            }
        }
        Ok(())
    })
}

/// The items that no thread has taken, and how far the visitor is.
#[derive(Default)]
struct Queue {
    next: AtomicUsize,
    progress: Mutex<Progress>,
    advanced: Condvar,
}

#[derive(Clone, Copy)]
enum Progress {
    /// This many results were visited.
    Visited(usize),
    /// No further result is needed.
    Stopped,
}

impl Default for Progress {
    fn default() -> Self {
        Self::Visited(0)
    }
}

impl Queue {
    fn work_off<T, R>(&self, items: &[T], work: &dyn Fn(&T) -> R, results: &Sender<(usize, R)>) {
        let _stop = StopOnPanic(self);
        loop {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return };
            if !self.wait_for_turn(at) || results.send((at, work(item))).is_err() {
                return;
            }
        }
    }

    /// Waits until the item is not too far ahead of the visitor; returns false if it is not needed.
    fn wait_for_turn(&self, at: usize) -> bool {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match *progress {
                Progress::Stopped => return false,
                Progress::Visited(visited) if at < visited + MAX_WAITING => return true,
                Progress::Visited(_) => {
                    let waited = self.advanced.wait(progress);
                    progress = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn advance(&self, to: Progress) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = to;
        self.advanced.notify_all();
    }
}

/// Stops the other threads when one panics: they would wait for its result for ever.
struct StopOnPanic<'a>(&'a Queue);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.advance(Progress::Stopped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit_all(count: usize, threads: usize) -> Vec<usize> {
        let items: Vec<usize> = (0..count).collect();
        let mut visited = Vec::new();
        let double = |item: &usize| item * 2;
        let done: Result<(), ()> = in_order(&items, threads, &double, &mut |result| {
            visited.push(result);
            Ok(())
        });
        done.expect("no error");
        visited
    }

    #[test]
    fn results_are_visited_in_order() {
        let expected: Vec<usize> = (0..1_000).map(|item| item * 2).collect();
        for threads in [0, 1, 2, 8] {
            assert_eq!(visit_all(1_000, threads), expected, "{threads}");
        }
        assert_eq!(visit_all(0, 4), [0; 0]);
    }

    #[test]
    fn a_slow_item_keeps_few_results_waiting() {
        let items: Vec<usize> = (0..1_000).collect();
        let worked = AtomicUsize::new(0);
        let mut most = 0;
        let work = |item: &usize| {
            worked.fetch_add(1, Ordering::SeqCst);
            *item
        };
        let done: Result<(), ()> = in_order(&items, 4, &work, &mut |result| {
            most = most.max(worked.load(Ordering::SeqCst) - result);
            Ok(())
        });
        done.expect("no error");
        assert!(most <= MAX_WAITING + 1, "{most}");
    }

    #[test]
    fn an_error_of_the_visitor_ends_the_work() {
        let items: Vec<usize> = (0..10_000).collect();
        let worked = AtomicUsize::new(0);
        let work = |_: &usize| worked.fetch_add(1, Ordering::SeqCst);
        assert_eq!(in_order(&items, 2, &work, &mut |_| Err("full")), Err("full"));
        assert!(worked.load(Ordering::SeqCst) <= MAX_WAITING + 1);
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_ends_the_work() {
        let items: Vec<usize> = (0..1_000).collect();
        let work = |item: &usize| assert_ne!(*item, 100, "a panic of the test");
        let _ = in_order(&items, 3, &work, &mut |()| Ok::<_, ()>(()));
    }
}
