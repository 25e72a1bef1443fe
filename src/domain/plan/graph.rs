//! The task graph: what comes first, what is ready, and who waits in a circle.
//!
//! A graph is built over any rows that have an id and ids they wait for, so that a plan as
//! submitted and a plan as read back from an edited file are judged by the same code. All answers
//! keep the order in which the tasks stand: the same graph gives the same answer.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::plan::Task;

/// Tasks and what each of them waits for.
#[derive(Clone, Debug)]
pub struct TaskGraph<'a> {
    ids: Vec<&'a str>,
    blockers: Vec<Vec<usize>>,
}

/// Why rows are not a task graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphFault {
    /// Two rows carry the same id.
    #[error("two tasks have the id {id}")]
    Duplicate {
        /// The id.
        id: String,
        /// Where the later of the two stands, from 0.
        row: usize,
    },
    /// A row waits for something that is no row.
    #[error("{task} waits for {blocker}, which is not a task")]
    Dangling {
        /// The row's id.
        task: String,
        /// What it waits for.
        blocker: String,
        /// Where the row stands, from 0.
        row: usize,
    },
    /// Rows wait for each other, so that none can ever start.
    #[error("{} wait for each other, so that none can start: {}", and(.ids), circle(.ids))]
    Cycle {
        /// The ids of the circle; each waits for the next, the last for the first.
        ids: Vec<String>,
        /// Where the first of them stands, from 0.
        row: usize,
    },
}

impl GraphFault {
    /// Where the row stands that the fault is about, from 0.
    pub fn row(&self) -> usize {
        match self {
            GraphFault::Duplicate { row, .. }
            | GraphFault::Dangling { row, .. }
            | GraphFault::Cycle { row, .. } => *row,
        }
    }
}

impl<'a> TaskGraph<'a> {
    /// The graph of a plan's tasks.
    pub fn of(tasks: &'a [Task]) -> Result<TaskGraph<'a>, Vec<GraphFault>> {
        TaskGraph::new(tasks.iter().map(|it| (it.id.as_str(), it.blocked_by.as_slice())))
    }

    /// The graph of rows (id, ids it waits for), or everything that is wrong with it. A circle is
    /// looked for only when ids and edges are right.
    pub fn new(
        rows: impl IntoIterator<Item = (&'a str, &'a [String])>,
    ) -> Result<TaskGraph<'a>, Vec<GraphFault>> {
        let rows: Vec<(&str, &[String])> = rows.into_iter().collect();
        let mut faults = Vec::new();
        let mut row_of = BTreeMap::new();
        for (row, (id, _)) in rows.iter().enumerate() {
            if row_of.insert(*id, row).is_some() {
                faults.push(GraphFault::Duplicate { id: (*id).to_owned(), row });
            }
        }
        let mut blockers = Vec::with_capacity(rows.len());
        for (row, (id, waits_for)) in rows.iter().enumerate() {
            let mut edges = Vec::with_capacity(waits_for.len());
            for blocker in *waits_for {
                match row_of.get(blocker.as_str()) {
                    Some(it) => edges.push(*it),
                    None => faults.push(GraphFault::Dangling {
                        task: (*id).to_owned(),
                        blocker: blocker.clone(),
                        row,
                    }),
                }
            }
            blockers.push(edges);
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let graph = TaskGraph { ids: rows.into_iter().map(|(id, _)| id).collect(), blockers };
        match graph.cycle() {
            Some(fault) => Err(vec![fault]),
            None => Ok(graph),
        }
    }

    /// Every task after those it waits for; of two that may start, the earlier row first.
    pub fn order(&self) -> Vec<&'a str> {
        self.sorted().into_iter().map(|row| self.ids[row]).collect()
    }

    /// The tasks that are not in `done` and wait for nothing outside it.
    pub fn ready(&self, done: &BTreeSet<String>) -> Vec<&'a str> {
        let is_done = |row: &usize| done.contains(self.ids[*row]);
        (0..self.ids.len())
            .filter(|row| !is_done(row) && self.blockers[*row].iter().all(is_done))
            .map(|row| self.ids[row])
            .collect()
    }

    /// The task to start next: the first ready one. `None` when all are done.
    pub fn next_ready(&self, done: &BTreeSet<String>) -> Option<&'a str> {
        self.ready(done).first().copied()
    }

    /// The tasks that wait for `id` directly.
    pub fn dependants(&self, id: &str) -> Vec<&'a str> {
        let waits = |row: &usize| self.blockers[*row].iter().any(|it| self.ids[*it] == id);
        (0..self.ids.len()).filter(waits).map(|row| self.ids[row]).collect()
    }

    /// Rows in an order that respects the edges; rows on or behind a circle are left out.
    fn sorted(&self) -> Vec<usize> {
        let mut waiting: Vec<usize> = self.blockers.iter().map(Vec::len).collect();
        let mut dependants = vec![Vec::new(); self.ids.len()];
        for (row, blockers) in self.blockers.iter().enumerate() {
            for blocker in blockers {
                dependants[*blocker].push(row);
            }
        }
        let mut ready: BTreeSet<usize> =
            (0..self.ids.len()).filter(|row| waiting[*row] == 0).collect();
        let mut sorted = Vec::with_capacity(self.ids.len());
        while let Some(row) = ready.pop_first() {
            sorted.push(row);
            for dependant in &dependants[row] {
                waiting[*dependant] -= 1;
                if waiting[*dependant] == 0 {
                    ready.insert(*dependant);
                }
            }
        }
        sorted
    }

    /// The first circle, or `None`. Whatever cannot be sorted waits for something that cannot be
    /// sorted, so walking from blocker to blocker must come back.
    fn cycle(&self) -> Option<GraphFault> {
        let sorted: BTreeSet<usize> = self.sorted().into_iter().collect();
        let stuck = |row: &usize| !sorted.contains(row);
        let mut walk = vec![(0..self.ids.len()).find(stuck)?];
        loop {
            let here = *walk.last()?;
            let next = *self.blockers[here].iter().find(|it| stuck(it))?;
            if let Some(start) = walk.iter().position(|it| *it == next) {
                let circle = &walk[start..];
                let first = circle.iter().min().copied().unwrap_or(next);
                let turn = circle.iter().position(|it| *it == first).unwrap_or(0);
                let ids = (0..circle.len()).map(|i| circle[(turn + i) % circle.len()]);
                let ids = ids.map(|row| self.ids[row].to_owned()).collect();
                return Some(GraphFault::Cycle { ids, row: first });
            }
            walk.push(next);
        }
    }
}

fn and(ids: &[String]) -> String {
    match ids {
        [] => String::new(),
        [one] => format!("{one} and itself"),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

fn circle(ids: &[String]) -> String {
    let back = ids.first().into_iter();
    ids.iter().chain(back).map(String::as_str).collect::<Vec<_>>().join(" → ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(String, Vec<String>)> {
        let row = |it: &str| {
            let (id, waits_for) = it.split_once(':').unwrap_or((it, ""));
            (id.to_owned(), waits_for.split_whitespace().map(str::to_owned).collect())
        };
        text.split(',').map(|it| row(it.trim())).collect()
    }

    /// `text` is `id: blocker blocker, id, …`; `expected` the order, or the faults' sentences.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let rows = rows(text);
        let graph = TaskGraph::new(rows.iter().map(|(id, it)| (id.as_str(), it.as_slice())));
        let actual = match graph {
            Ok(graph) => graph.order().join(" "),
            Err(faults) => faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        };
        assert_eq!(actual, expected);
    }

    #[test]
    fn tasks_come_after_what_they_wait_for() {
        check("t1, t2: t1, t3", "t1 t2 t3");
        check("t1: t3, t2, t3", "t2 t3 t1");
        check("t1, t2: t1 t1", "t1 t2");
        check("t4: t2 t3, t3: t1, t2: t1, t1", "t1 t3 t2 t4");
    }

    #[test]
    fn faults_name_the_tasks() {
        check("t1, t1", "two tasks have the id t1");
        check("t1: t9", "t1 waits for t9, which is not a task");
        check("t1: t1", "t1 and itself wait for each other, so that none can start: t1 → t1");
        check(
            "t1, t2: t1 t4, t3: t2, t4: t3, t5: t4",
            "t2, t4 and t3 wait for each other, so that none can start: t2 → t4 → t3 → t2",
        );
    }

    #[test]
    fn the_next_task_is_the_first_that_waits_for_nothing() {
        let rows = rows("t1, t2: t1, t3, t4: t2 t3");
        let graph =
            TaskGraph::new(rows.iter().map(|(id, it)| (id.as_str(), it.as_slice()))).unwrap();
        let done = |ids: &[&str]| ids.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(graph.ready(&done(&[])), ["t1", "t3"]);
        assert_eq!(graph.next_ready(&done(&["t1"])), Some("t2"));
        assert_eq!(graph.next_ready(&done(&["t1", "t2"])), Some("t3"));
        assert_eq!(graph.next_ready(&done(&["t1", "t2", "t3", "t4"])), None);
        assert_eq!(graph.dependants("t1"), ["t2"]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        /// Edges only to earlier rows can never make a circle, and the order respects each.
        #[test]
        fn an_order_respects_every_edge(edges in proptest::collection::vec((0usize..12, 0usize..12), 0..40)) {
            let mut rows: Vec<(String, Vec<String>)> =
                (0..12).map(|i| (format!("t{i}"), Vec::new())).collect();
            for (a, b) in edges.iter().filter(|(a, b)| a != b) {
                let (late, early) = (*a.max(b), *a.min(b));
                rows[late].1.push(format!("t{early}"));
            }
            rows.reverse();
            let graph = TaskGraph::new(rows.iter().map(|(id, it)| (id.as_str(), it.as_slice())));
            let order = graph.unwrap().order();
            let place = |id: &str| order.iter().position(|it| *it == id).unwrap();
            for (id, blockers) in &rows {
                for blocker in blockers {
                    proptest::prop_assert!(place(blocker) < place(id));
                }
            }
        }
    }
}
