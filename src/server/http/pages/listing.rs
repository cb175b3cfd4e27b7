//! Which part of a long list is asked for, by `find` and `page` in the address.

use super::PageQuery;
use crate::ui::parts::pager::Pager;

/// Rows of one page: what a person looks through at once.
const ROWS: usize = 100;

/// Cuts a list to the part that is asked for. `words` are what a row is found by.
pub fn part<T>(asked: &PageQuery, rows: Vec<T>, words: impl Fn(&T) -> String) -> (Vec<T>, Pager) {
    let all = rows.len();
    let find = asked.of("find").unwrap_or_default().trim().to_owned();
    let wanted = find.to_lowercase();
    let mut rows: Vec<T> = rows.into_iter().filter(|row| words(row).to_lowercase().contains(&wanted)).collect();
    let found = rows.len();
    let pages = found.div_ceil(ROWS).max(1);
    let page = asked.of("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, pages);
    let before = (page - 1) * ROWS;
    rows.drain(..before);
    rows.truncate(ROWS);
    let at = |page: usize| asked.with(&[("page", &page.to_string())]);
    let pager = Pager {
        first: (before + 1).min(found),
        last: before + rows.len(),
        found,
        all,
        previous: (page > 1).then(|| at(page - 1)),
        next: (page < pages).then(|| at(page + 1)),
        find,
    };
    (rows, pager)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_cut_to_what_is_asked_for() {
        let cut = |query: &str| {
            let asked = PageQuery::new(axum::extract::RawQuery(Some(query.to_owned())));
            part(&asked, (1..=250).collect::<Vec<i32>>(), |n| format!("Row {n}"))
        };
        let (rows, pager) = cut("");
        assert_eq!((rows[0], rows.len(), pager.first, pager.last, pager.all), (1, 100, 1, 100, 250));
        assert_eq!((pager.previous, pager.next.as_deref()), (None, Some("?page=2")));
        let (rows, pager) = cut("page=3");
        assert_eq!((rows[0], rows.len(), pager.last, pager.next), (201, 50, 250, None));
        assert_eq!(pager.previous.as_deref(), Some("?page=2"));
        for odd in ["page=0", "page=-1", "page=x", "page=99999999999999999999"] {
            assert_eq!(cut(odd).0[0], 1, "{odd}");
        }
        assert_eq!(cut("page=9").0[0], 201, "behind the end is the last page");
        let (rows, pager) = cut("find=rOw+25");
        assert_eq!((rows, pager.found, pager.all), (vec![25, 250], 2, 250));
        let (rows, pager) = cut("find=nothing");
        assert_eq!((rows.len(), pager.first, pager.last, pager.found), (0, 0, 0, 0));
    }
}
