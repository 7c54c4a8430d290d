-- What a workflow has under way is found at once when it is switched off.
CREATE INDEX runs_live_by_workflow ON runs (business_no, workflow_no) WHERE state IN ('holding', 'running', 'waiting');
