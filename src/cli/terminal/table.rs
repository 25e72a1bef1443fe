//! A table as aligned columns.

use super::wrap::{length, wrapped};

/// Between two columns.
const GAP: &str = "  ";
/// No column is made narrower than this.
const COLUMN_MIN: usize = 8;

/// Rows of cells.
pub(super) struct Table {
    /// Which columns stand at the right.
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
    row: Vec<String>,
}

impl Table {
    pub(super) fn new(right: Vec<bool>) -> Table {
        Table { right, rows: Vec::new(), row: Vec::new() }
    }

    pub(super) fn cell(&mut self, text: String) {
        self.row.push(text);
    }

    pub(super) fn end_row(&mut self) {
        self.rows.push(std::mem::take(&mut self.row));
    }

    /// The rows as lines of at most `width` characters; cells that do not fit are wrapped.
    pub(super) fn lines(&self, width: usize) -> Vec<String> {
        let widths = self.widths(width);
        self.rows.iter().flat_map(|row| self.row_lines(row, &widths)).collect()
    }

    fn widths(&self, width: usize) -> Vec<usize> {
        let n_columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let natural = |at: usize| {
            self.rows.iter().filter_map(|row| row.get(at)).map(|it| length(it)).max().unwrap_or(0)
        };
        let mut widths: Vec<usize> = (0..n_columns).map(natural).collect();
        let room = width.saturating_sub(GAP.len() * n_columns.saturating_sub(1));
        while room < widths.iter().sum() {
            let widest = widths.iter_mut().max().filter(|it| COLUMN_MIN < **it);
            let Some(widest) = widest else { break };
            *widest -= 1;
        }
        widths
    }

    fn row_lines(&self, row: &[String], widths: &[usize]) -> Vec<String> {
        let cells: Vec<Vec<String>> =
            row.iter().zip(widths).map(|(text, width)| wrapped(text, *width)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        (0..height)
            .map(|at| {
                let parts = cells.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
                    let text = cell.get(at).map_or("", String::as_str);
                    let right = self.right.get(column).copied().unwrap_or(false);
                    let blanks = " ".repeat(width.saturating_sub(length(text)));
                    if right { blanks + text } else { text.to_owned() + &blanks }
                });
                parts.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_cells_are_wrapped_in_their_column() {
        let mut table = Table::new(vec![false, false]);
        for text in ["t1", "one two three four five six"] {
            table.cell(text.to_owned());
        }
        table.end_row();
        assert_eq!(table.lines(18), ["t1  one two three", "    four five six"]);
    }
}
