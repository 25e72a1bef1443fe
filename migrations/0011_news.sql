-- What a delivery says, where it says what somebody wrote: the same words under another delivery id,
-- in a body that differs, are not heard twice.
ALTER TABLE inbox ADD COLUMN news TEXT;
-- Where the server does not say what an edit changed, the comment's earlier words are looked up.
CREATE INDEX inbox_comments ON inbox (lane, id)
    WHERE event IN ('issue_comment', 'pull_request_review_comment');
CREATE INDEX inbox_news ON inbox (news) WHERE news IS NOT NULL;
