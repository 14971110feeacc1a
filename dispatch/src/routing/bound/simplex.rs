//! The restricted master problem of column generation, and its dual prices.
//!
//! Routes may be fractional: every shift has at most one route in total, every visit is served at
//! least once, and unserved time has a cost. The dual values of this linear program are the prices
//! for which pricing generates further routes (column generation: Dantzig and Wolfe, Operations
//! Research 8(1), 1960; for routes Desrosiers, Soumis and Desrochers, Networks 14(4), 1984).
//!
//! Solved by the revised simplex method with an explicit inverse of the basis, which is fastest for
//! a hundred rows. Proofs use the prices in whole numbers, so rounding errors here only cost time.

/// A smaller gain is a rounding error.
const LITTLE: f64 = 1e-7;
/// The largest number of pivots of one call.
const MOST_PIVOTS: usize = 2_000;
/// The perturbation of the right-hand sides, which prevents cycling.
const APART: f64 = 1e-6;

/// The linear program with its current basis.
pub(super) struct Simplex {
    visits: usize,
    columns: Vec<Column>,
    /// The basic column of each row, and its value.
    basis: Vec<usize>,
    amounts: Vec<f64>,
    /// The inverse of the basis, row by row.
    inverse: Vec<f64>,
    prices: Vec<f64>,
    /// The entering column in terms of the basis.
    pushed: Vec<f64>,
}

/// A column with entries of one sign.
struct Column {
    rows: Vec<usize>,
    sign: f64,
    cost: f64,
}

impl Simplex {
    /// The program without routes, with the cost of leaving each visit unserved; each of the
    /// `shifts` takes at most one of its columns.
    pub(super) fn new(costs: &[f64], shifts: usize) -> Self {
        let (visits, rows) = (costs.len(), costs.len() + shifts);
        let unit = |row: usize, sign, cost| Column { rows: vec![row], sign, cost };
        let cost = |row: usize| costs.get(row).copied().unwrap_or(0.0);
        let undone = (0..rows).map(|row| unit(row, 1.0, cost(row)));
        // The surplus of a visit that is served twice.
        let spare = (0..visits).map(|visit| unit(visit, -1.0, 0.0));
        let needs = (0..visits).scan(1.0, |need, _| {
            *need -= APART;
            Some(*need)
        });
        let same = |at: usize| if at / rows == at % rows { 1.0 } else { 0.0 };
        Self {
            visits,
            columns: undone.chain(spare).collect(),
            basis: (0..rows).collect(),
            amounts: needs.chain((0..shifts).map(|_| 1.0)).collect(),
            inverse: (0..rows * rows).map(same).collect(),
            prices: (0..rows).map(cost).collect(),
            pushed: vec![0.0; rows],
        }
    }

    /// Adds a route of a shift as a column.
    pub(super) fn add_column(&mut self, shift: usize, visits: impl Iterator<Item = usize>) {
        let rows = visits.chain(std::iter::once(self.visits + shift)).collect();
        self.columns.push(Column { rows, sign: 1.0, cost: 0.0 });
    }

    /// Optimizes; returns the cost of what stays unserved, and whether the basis changed.
    pub(super) fn solve(&mut self) -> (f64, bool) {
        let mut changed = false;
        for _ in 0..MOST_PIVOTS {
            let Some((gain, column)) = self.entering() else { break };
            let Some(row) = self.leaving(column) else { break };
            self.exchange(row, column, gain);
            changed = true;
        }
        let costs = self.basis.iter().zip(&self.amounts);
        (costs.map(|(column, amount)| self.columns[*column].cost * amount).sum(), changed)
    }

    /// The dual price of each visit.
    pub(super) fn prices(&self) -> &[f64] {
        &self.prices[..self.visits]
    }

    /// The column with the least reduced cost.
    fn entering(&self) -> Option<(f64, usize)> {
        let mut best = (-LITTLE, usize::MAX);
        for (at, column) in self.columns.iter().enumerate() {
            let price: f64 = column.rows.iter().map(|row| self.prices[*row]).sum();
            let reduced = column.cost - column.sign * price;
            if reduced < best.0 {
                best = (reduced, at);
            }
        }
        (best.1 != usize::MAX).then_some(best)
    }

    /// The row of the leaving column, by the ratio test.
    fn leaving(&mut self, column: usize) -> Option<usize> {
        let rows = self.basis.len();
        let Column { rows: entries, sign, .. } = &self.columns[column];
        let mut best = (f64::MAX, usize::MAX);
        for row in 0..rows {
            let inverse = &self.inverse[row * rows..][..rows];
            let pushed = sign * entries.iter().map(|entry| inverse[*entry]).sum::<f64>();
            self.pushed[row] = pushed;
            if pushed > LITTLE {
                let most = self.amounts[row].max(0.0) / pushed;
                if most < best.0 {
                    best = (most, row);
                }
            }
        }
        (best.1 != usize::MAX).then_some(best.1)
    }

    fn exchange(&mut self, row: usize, column: usize, gain: f64) {
        let rows = self.basis.len();
        let pivot = self.pushed[row];
        let amount = self.amounts[row].max(0.0) / pivot;
        let (before, rest) = self.inverse.split_at_mut(row * rows);
        let (theirs, after) = rest.split_at_mut(rows);
        for part in theirs.iter_mut() {
            *part /= pivot;
        }
        let others = before.chunks_exact_mut(rows).zip(0..row);
        for (other, at) in others.chain(after.chunks_exact_mut(rows).zip(row + 1..)) {
            let pushed = self.pushed[at];
            if pushed != 0.0 {
                self.amounts[at] -= amount * pushed;
                other.iter_mut().zip(&*theirs).for_each(|(part, their)| *part -= pushed * their);
            }
        }
        self.prices.iter_mut().zip(&*theirs).for_each(|(price, part)| *price += gain * part);
        self.amounts[row] = amount;
        self.basis[row] = column;
    }
}
