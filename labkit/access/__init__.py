"""Who may see what: who asks, for which data, and whether the patient agreed; and a record of it.

A service asks one `AccessPolicy` (``labkit.common.access``). This layer makes such policies::

    policy = AllOf(node_policy, token_policy, consent_policy)

Each part refuses unless it has a reason to allow; the first that refuses is the answer.
"""

from labkit.access.combining import AllOf
from labkit.access.grant import Grant, current_grant, granted
from labkit.access.subjects import StoredSubjects, Subjects

__all__ = ["AllOf", "Grant", "StoredSubjects", "Subjects", "current_grant", "granted"]
