//! Writing rows into the inbox, many with one statement: each statement is a turn of the
//! connection's thread and a wake-up of the waiting task, which cost more than the row itself.

use std::sync::LazyLock;

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection};

use crate::store::inbox::{Received, RowToInsert};

/// The statements there are, by how many rows they insert; the database keeps each prepared. A
/// group is made of the largest that fit.
static INSERTS: LazyLock<[(usize, String); 6]> =
    LazyLock::new(|| [32, 16, 8, 4, 2, 1].map(|rows| (rows, statement(rows))));

/// A row with a larger body has a statement of its own: the values of a statement stand in memory
/// several times on their way into the database.
const SHARING_BYTES_MAX: usize = 256 * 1024;

/// Inserts rows, each into the lane its hint is linked to. A known one changes nothing, unless it
/// failed or was not understood: then whoever delivers it again asks for another try, and it is new.
pub(super) async fn insert_rows(
    connection: &mut AnyConnection,
    rows: &[&RowToInsert],
) -> Result<Vec<Received>, sqlx::Error> {
    let mut received = Vec::with_capacity(rows.len());
    while received.len() < rows.len() {
        let rest = &rows[received.len()..];
        let sharing = rest.iter().take_while(|it| it.body.len() <= SHARING_BYTES_MAX).count();
        let fitting = INSERTS.iter().find(|it| it.0 <= sharing.max(1));
        // The smallest takes one row, so one always fits.
        let Some((size, statement)) = fitting else { break };
        insert_chunk(connection, statement, &rest[..*size], &mut received).await?;
    }
    Ok(received)
}

async fn insert_chunk(
    connection: &mut AnyConnection,
    statement: &'static str,
    chunk: &[&RowToInsert],
    received: &mut Vec<Received>,
) -> Result<(), sqlx::Error> {
    let query = chunk.iter().fold(sqlx::query(statement), |query, row| bind(query, row));
    let inserted = query.execute(&mut *connection).await?.rows_affected();
    if inserted == chunk.len() as u64 {
        received.extend(chunk.iter().map(|_| Received::New));
        return Ok(());
    }
    for row in chunk {
        let stored: Option<AnyRow> = sqlx::query("SELECT id FROM inbox WHERE id = $1")
            .bind(row.id.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        let is_new = stored.is_some() || is_tried_anew(&mut *connection, row).await?;
        received.push(if is_new { Received::New } else { Received::Known });
    }
    Ok(())
}

/// Sets a delivery back that came to nothing. Its body is written once more: it may have been
/// dropped with its time. The moment at which it came first stays: a label put on then is not about
/// what was announced since.
async fn is_tried_anew(
    connection: &mut AnyConnection,
    row: &RowToInsert,
) -> Result<bool, sqlx::Error> {
    let set_back = sqlx::query(
        "UPDATE inbox SET status = 'pending', attempts = 0, reason = NULL, finished_ms = NULL,
                          body = $3, encoding = $4,
                          lane = COALESCE((SELECT l.lane FROM links l
                                           WHERE l.repository_id = inbox.repository_id
                                             AND l.hint = inbox.hint), lane)
         WHERE delivery_id = $1 AND body_sha256 = $2 AND source = 'github'
           AND status IN ('failed', 'unparsed')",
    )
    .bind(row.delivery_id.as_str())
    .bind(row.body_sha256.as_str())
    .bind(row.body.as_str())
    .bind(row.encoding);
    Ok(set_back.execute(connection).await?.rows_affected() == 1)
}

fn bind<'q>(
    query: Query<'q, Any, AnyArguments>,
    row: &RowToInsert,
) -> Query<'q, Any, AnyArguments> {
    query
        .bind(row.id.clone())
        .bind(row.delivery_id.clone())
        .bind(row.body_sha256.clone())
        .bind(row.source)
        .bind(row.event.clone())
        .bind(row.action.clone())
        .bind(row.installation)
        .bind(row.repository)
        .bind(row.hint.clone())
        .bind(row.lane.clone())
        .bind(row.body.clone())
        .bind(row.encoding)
        .bind(row.received)
}

/// One row's values, from parameter `first` on. In the order of [`bind`].
fn values(first: usize) -> String {
    let [id, delivery, sha, source, event, action, installation] =
        std::array::from_fn(|i| first + i);
    let [repository, hint, lane, body, encoding, received] = std::array::from_fn(|i| first + 7 + i);
    format!(
        "(${id}, ${delivery}, ${sha}, ${source}, ${event}, ${action}, ${installation},
          ${repository}, ${hint},
          COALESCE((SELECT lane FROM links WHERE repository_id = ${repository} AND hint = ${hint}),
                   ${lane}),
          ${body}, ${encoding}, ${received}, 'pending')"
    )
}

fn statement(rows: usize) -> String {
    let values: Vec<String> = (0..rows).map(|row| values(1 + 13 * row)).collect();
    format!(
        "INSERT INTO inbox (id, delivery_id, body_sha256, source, event, action, installation_id,
                            repository_id, hint, lane, body, encoding, received_ms, status)
         VALUES {}
         ON CONFLICT (delivery_id, body_sha256) DO NOTHING",
        values.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_a_statement_has_its_own_parameters() {
        let two = statement(2);
        assert!(two.contains("($1, $2,") && two.contains("$13, 'pending'), ($14, $15,"), "{two}");
        assert!(
            two.contains("repository_id = $21 AND hint = $22") && !two.contains("$27"),
            "{two}"
        );
    }
}
