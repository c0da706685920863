//! A whole log: records are split off one after the other and judged on as many cores as there are.
//! Nothing waits in memory but a few batches.

use std::io::BufRead;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::judge::{Replay, ReplayRefusal};
use super::split::{LogFault, LogPosition, LogRecords};
use super::tally::ReplayTally;

/// How many records, and about how many bytes, are handed over at once.
const BATCH: (usize, usize) = (256, 1 << 20);
/// More workers than this wait for the one that reads.
const MOST_WORKERS: usize = 8;

/// Why a log was given up.
#[derive(Debug, thiserror::Error)]
pub enum ReplayFault {
    /// It cannot be read on.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// It is not one that the policies can be tried on.
    #[error(transparent)]
    Refused(#[from] ReplayRefusal),
}

/// What is told when a log was read: how it ended.
#[derive(Debug, Default)]
pub struct ReplayEnd {
    /// Why it was given up.
    pub fault: Option<ReplayFault>,
    /// True when its last page names a further one, which it does not hold.
    pub has_next_page: bool,
}

type Batch = Vec<(LogPosition, Vec<u8>)>;

impl Replay {
    /// Judges every record of a log. What was counted up to a fault stays. `hears` is told, now and
    /// then, how many records were read.
    pub fn log(
        &self,
        from: Box<dyn BufRead + Send>,
        tally: &mut ReplayTally,
        hears: &mut dyn FnMut(u64),
    ) -> ReplayEnd {
        let workers = thread::available_parallelism().map_or(1, NonZero::get);
        let workers = workers.min(MOST_WORKERS);
        let (sender, receiver) = sync_channel::<Batch>(workers * 2);
        let receiver = Mutex::new(receiver);
        let mut end = ReplayEnd::default();
        thread::scope(|scope| {
            let handles: Vec<_> = (0..workers)
                .map(|_| {
                    let (own, receiver) = (tally.beside(), &receiver);
                    scope.spawn(move || self.work(receiver, own))
                })
                .collect();
            end = batches(from, &sender, tally, hears);
            drop(sender);
            for handle in handles {
                let Ok((counted, refusal)) = handle.join() else {
                    continue;
                };
                tally.merge(counted);
                // The first one, whoever met it.
                let at = |refusal: &ReplayRefusal| match refusal {
                    ReplayRefusal::OtherTenant { at, .. } | ReplayRefusal::OtherShape { at } => *at,
                };
                if let Some(refusal) = refusal {
                    let later = match &end.fault {
                        Some(ReplayFault::Refused(known)) => at(known) > at(&refusal),
                        _ => true,
                    };
                    if later {
                        end.fault = Some(ReplayFault::Refused(refusal));
                    }
                }
            }
        });
        end
    }

    fn work(
        &self,
        batches: &Mutex<Receiver<Batch>>,
        mut tally: ReplayTally,
    ) -> (ReplayTally, Option<ReplayRefusal>) {
        let mut refused: Option<ReplayRefusal> = None;
        loop {
            let batch = match batches.lock() {
                Ok(batches) => batches.recv(),
                Err(_) => break,
            };
            let Ok(batch) = batch else {
                break;
            };
            for (at, json) in batch {
                // What is behind a refusal is read to its end, and not judged.
                if refused.is_none()
                    && let Err(refusal) = self.judge(&json, at, &mut tally)
                {
                    refused = Some(refusal);
                }
            }
        }
        (tally, refused)
    }
}

/// Splits a log into batches.
fn batches(
    from: Box<dyn BufRead + Send>,
    to: &SyncSender<Batch>,
    tally: &mut ReplayTally,
    hears: &mut dyn FnMut(u64),
) -> ReplayEnd {
    let before = tally.records();
    let mut records = LogRecords::new(from);
    let mut record = Vec::new();
    let (mut batch, mut bytes) = (Batch::new(), 0);
    let fault = loop {
        match records.read(&mut record) {
            Ok(true) => {}
            Ok(false) => break None,
            Err(fault) => break Some(ReplayFault::Log(fault)),
        }
        if tally.is_again(&record) {
            continue;
        }
        bytes += record.len();
        let mut at = records.position();
        at.records += before;
        batch.push((at, record.clone()));
        if batch.len() >= BATCH.0 || bytes >= BATCH.1 {
            hears(records.position().records);
            bytes = 0;
            if to.send(std::mem::take(&mut batch)).is_err() {
                break None;
            }
        }
    };
    let _ = to.send(batch);
    ReplayEnd {
        fault,
        has_next_page: records.has_next_page(),
    }
}
