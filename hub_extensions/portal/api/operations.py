"""Every call of the API, as data: method, address, verb, body; routes and OpenAPI document are made from this table.

So a call that is not described can't be made, and a test that walks the table walks the API.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.verbs import (
    admin,
    audit,
    audit_export,
    catalogue,
    catalogue_admin,
    charters,
    controls,
    embargoes,
    endings,
    exports,
    guarantees,
    habilitations,
    home,
    hubs,
    imports,
    instruction,
    ledger_state,
    mends,
    notifications,
    onboarding,
    openings,
    origins,
    orphans,
    outside,
    person,
    project_limits,
    readers,
    register,
    request_delays,
    requests,
    review,
    reviews,
    rights,
    runs,
    sessions,
    stops,
    trace,
    trainings,
    why,
)
from project_spaces.requests.forms import RequestForm


@dataclass(frozen=True)
class Operation:
    """One call.

    Parameters
    ----------
    body
        what the request's body holds; of a GET, what its query holds.
    status
        of a good answer.
    public
        nobody has to sign in.
    """

    method: str
    path: str
    verb: Callable[..., Any]
    body: type[BaseModel] = Nothing
    status: int = 200
    public: bool = False

    @property
    def summary(self) -> str:
        """One line, from the verb itself."""
        return (self.verb.__doc__ or "").strip().splitlines()[0]

    @property
    def tag(self) -> str:
        """The area, for readers of the document."""
        return self.verb.__module__.rsplit(".", 1)[-1]


_GET, _POST, _PUT, _PATCH, _DELETE = "GET", "POST", "PUT", "PATCH", "DELETE"

OPERATIONS: tuple[Operation, ...] = (
    Operation(_GET, "/projects", home.projects),
    Operation(_GET, "/projects/{project}", home.project),
    Operation(_GET, "/projects/{project}/files", exports.files),
    Operation(_GET, "/projects/{project}/end", endings.end),
    Operation(_POST, "/projects/{project}/end", endings.finish, endings.Reason, 201),
    Operation(_POST, "/projects/{project}/end/decisions", endings.settle, endings.Decision, 201),
    Operation(_POST, "/projects/{project}/end/confirmations", endings.confirm, status=201),
    Operation(_DELETE, "/projects/{project}/end/decisions", endings.withdraw),
    Operation(_POST, "/projects/{project}/checks", exports.check, exports.Paths),
    Operation(_GET, "/workspaces/{project}", home.workspace),
    Operation(_POST, "/workspaces/{project}/start", home.start, status=202),
    Operation(_POST, "/workspaces/{project}/stop", home.stop),
    Operation(_POST, "/projects/{project}/runs", runs.announce, runs.NewRun, 201),
    Operation(_GET, "/habilitations", habilitations.mine),
    Operation(_GET, "/why", why.explained, why.Question),
    Operation(_GET, "/onboarding", onboarding.checklist),
    Operation(_POST, "/onboarding/claims", onboarding.claim, onboarding.Claim, 201),
    Operation(_GET, "/onboarding/charters/{charter}", onboarding.charter),
    Operation(_POST, "/onboarding/charters/{charter}/signatures", onboarding.sign, onboarding.Signature, 201),
    Operation(_GET, "/notifications", notifications.mine),
    Operation(_POST, "/notifications/read", notifications.read, notifications.Which),
    Operation(_GET, "/requests", requests.mine),
    Operation(_POST, "/requests", requests.begin, requests.Begin, 201),
    Operation(_GET, "/requests/{request}", requests.detail),
    Operation(_PUT, "/requests/{request}", requests.replace, RequestForm),
    Operation(_POST, "/requests/{request}/submit", requests.submit),
    Operation(_POST, "/requests/{request}/withdraw", requests.withdraw),
    Operation(_POST, "/requests/{request}/copy", requests.copy, status=201),
    Operation(_GET, "/requests/{request}/agreements/{step}", requests.agreement),
    Operation(_POST, "/requests/{request}/signatures", requests.sign, requests.Sign),
    Operation(_POST, "/requests/{request}/answers", instruction.answer, instruction.Answer),
    Operation(_POST, "/requests/{request}/reassign", instruction.reassign, instruction.Reassign),
    Operation(_GET, "/request-delays", request_delays.delays),
    Operation(_GET, "/instruction", instruction.queue),
    Operation(_GET, "/instruction/stuck", instruction.stuck),
    Operation(_GET, "/instruction/owners", instruction.owners),
    Operation(_PUT, "/instruction/circuits", instruction.set_owner_circuit, instruction.CircuitOf),
    Operation(_POST, "/instruction/stewards", instruction.entrust, instruction.Perimeter),
    Operation(_DELETE, "/instruction/stewards", instruction.dismiss, instruction.Perimeter),
    Operation(_GET, "/embargoes", embargoes.embargoes),
    Operation(_POST, "/embargoes", embargoes.set_embargo, embargoes.NewEmbargo, 201),
    Operation(_POST, "/embargoes/lift", embargoes.lift_embargo, embargoes.Lift),
    Operation(_GET, "/imports", imports.mine),
    Operation(_POST, "/imports", imports.create, imports.NewImport, 201),
    Operation(_GET, "/import-choices", imports.choices),
    Operation(_GET, "/imports/{request}", imports.detail),
    Operation(_PUT, "/imports/{request}/declaration", imports.declare, imports.Declared),
    Operation(_POST, "/imports/{request}/files/remove", imports.remove_file, imports.ReceivedFile),
    Operation(_POST, "/imports/{request}/submit", imports.submit),
    Operation(_POST, "/imports/{request}/withdraw", imports.withdraw),
    Operation(_POST, "/imports/{request}/provider", outside.invite_provider, outside.Person, 201),
    Operation(_DELETE, "/imports/{request}/provider", outside.uninvite_provider),
    Operation(_GET, "/import-review", imports.queue),
    Operation(_POST, "/imports/{request}/approve", imports.approve),
    Operation(_POST, "/imports/{request}/return", imports.send_back, imports.Reason),
    Operation(_POST, "/imports/{request}/reject", imports.reject, imports.Reason),
    Operation(_POST, "/imports/{request}/remove", imports.remove, imports.Reason),
    Operation(_GET, "/exports", exports.mine),
    Operation(_POST, "/exports", exports.create, exports.NewRequest, 201),
    Operation(_GET, "/exports/{request}", exports.detail),
    Operation(_PATCH, "/exports/{request}", exports.describe, exports.Description),
    Operation(_POST, "/exports/{request}/files", exports.add_file, exports.NewFile, 201),
    Operation(_PUT, "/exports/{request}/files", exports.change_file, exports.ChangedFile),
    Operation(_DELETE, "/exports/{request}/files", exports.remove_file, exports.FileRef),
    Operation(_POST, "/exports/{request}/mends", mends.mend, mends.MendFile, 201),
    Operation(_POST, "/exports/{request}/submit", exports.submit),
    Operation(_POST, "/exports/{request}/withdraw", exports.withdraw, exports.OptionalMessage),
    Operation(_POST, "/exports/{request}/answers", exports.answer, exports.Answer),
    Operation(_POST, "/exports/{request}/links", exports.issue_link, exports.LinkFor, 201),
    Operation(_POST, "/exports/{request}/invitations", outside.invite_recipient, outside.MailOf, 201),
    Operation(_POST, "/exports/{request}/revoke", exports.revoke, exports.Message),
    Operation(_POST, "/exports/{request}/attestation", exports.attest, exports.Message, 201),
    Operation(_GET, "/admin/recalls", exports.recall_register),
    Operation(_GET, "/admin/exports", review.figures),
    Operation(_POST, "/admin/exports/{request}/plant", review.plant, review.Plant, 201),
    Operation(_GET, "/reviews", review.queue),
    Operation(_GET, "/reviews/availability", review.availability),
    Operation(_POST, "/reviews/absences", review.declare_absence, review.Absence, 201),
    Operation(_DELETE, "/reviews/absences", review.cancel_absence, review.AbsenceRef),
    Operation(_POST, "/reviews/conflicts", review.declare_conflict, review.ConflictOf, 201),
    Operation(_GET, "/exports/{request}/history", origins.history),
    Operation(_GET, "/exports/{request}/origins", origins.origins),
    Operation(_POST, "/exports/{request}/votes", review.vote, review.Vote),
    Operation(_DELETE, "/exports/{request}/votes", review.unvote, exports.FileRef),
    Operation(_POST, "/exports/{request}/remarks", review.remark, review.Remark),
    Operation(_POST, "/exports/{request}/return", review.send_back, exports.Message),
    Operation(_POST, "/exports/{request}/reject", review.reject, exports.Message),
    Operation(_GET, "/admin/people", admin.people),
    Operation(_POST, "/admin/people", admin.create_person, admin.NewPerson, 201),
    Operation(_POST, "/admin/activations", admin.activate, admin.PersonRef, 201),
    Operation(_POST, "/admin/people/disable", admin.disable, admin.PersonWhy),
    Operation(_POST, "/admin/people/enable", admin.enable, admin.PersonWhy),
    Operation(_POST, "/admin/roles", admin.grant_role, admin.RoleOf),
    Operation(_DELETE, "/admin/roles", admin.revoke_role, admin.RoleOf),
    Operation(_GET, "/admin/projects", admin.projects),
    Operation(_POST, "/admin/projects", admin.create_project, admin.NewProject, 201),
    Operation(_GET, "/admin/projects/{project}", admin.project),
    Operation(_PATCH, "/admin/projects/{project}", admin.change_project, admin.ProjectChange),
    Operation(_PUT, "/admin/projects/{project}/quota", admin.set_quota, admin.Limits),
    Operation(_GET, "/admin/projects/{project}/tracing", project_limits.settled),
    Operation(_PUT, "/admin/projects/{project}/retention", project_limits.set_retention, project_limits.Months),
    Operation(_PUT, "/admin/projects/{project}/display-budget", project_limits.set_budget, project_limits.Megabytes),
    Operation(_POST, "/admin/projects/{project}/memberships", rights.grant_membership, rights.NewMembership, 201),
    Operation(_DELETE, "/admin/projects/{project}/memberships", rights.revoke_membership, rights.EndMembership),
    Operation(_POST, "/admin/projects/{project}/habilitations", rights.grant_habilitation, rights.NewHabilitation, 201),
    Operation(_DELETE, "/admin/projects/{project}/habilitations", rights.revoke_habilitation, rights.EndHabilitation),
    Operation(_GET, "/admin/projects/{project}/approvals", guarantees.project_approvals),
    Operation(_POST, "/admin/projects/{project}/approvals", guarantees.approve, guarantees.NewApproval, 201),
    Operation(_DELETE, "/admin/projects/{project}/approvals", guarantees.disapprove, guarantees.ApprovalWhy),
    Operation(_GET, "/admin/datasets", admin.datasets),
    Operation(_GET, "/admin/datasets/{dataset}", guarantees.dataset),
    Operation(_PUT, "/admin/datasets/{dataset}/agreement-rule", guarantees.ask_agreement, guarantees.AgreementRule),
    Operation(_POST, "/admin/datasets/{dataset}/agreements", guarantees.agree, guarantees.NewAgreement, 201),
    Operation(_DELETE, "/admin/datasets/{dataset}/agreements", guarantees.end_agreement, guarantees.AgreementWhy),
    Operation(_GET, "/admin/people/{person}", person.person),
    Operation(_PUT, "/admin/people/{person}/organisation", hubs.affiliate, hubs.PersonOf),
    Operation(_POST, "/admin/people/{person}/identity", hubs.identify, hubs.Document, 201),
    Operation(_GET, "/admin/hubs", hubs.overview),
    Operation(_POST, "/admin/organisations", hubs.create, hubs.NewOrganisation, 201),
    Operation(_PUT, "/admin/organisations/projects", hubs.attach, hubs.ProjectOf),
    Operation(_POST, "/admin/perimeters", hubs.grant, hubs.NewPerimeter, 201),
    Operation(_DELETE, "/admin/perimeters", hubs.revoke, hubs.EndPerimeter),
    Operation(_GET, "/admin/charters", charters.charters),
    Operation(_POST, "/admin/charters", charters.publish, charters.NewVersion, 201),
    Operation(_GET, "/admin/charters/{charter}", charters.charter),
    Operation(_GET, "/admin/trainings", trainings.overview),
    Operation(_PUT, "/admin/trainings/kinds", trainings.define, trainings.Kind),
    Operation(_POST, "/admin/trainings", trainings.record, trainings.Record, 201),
    Operation(_DELETE, "/admin/trainings", trainings.revoke, trainings.RecordWhy),
    Operation(_POST, "/admin/trainings/confirmations", trainings.confirm, trainings.ClaimRef, 201),
    Operation(_POST, "/admin/trainings/refusals", trainings.refuse, trainings.ClaimWhy, 201),
    Operation(_GET, "/admin/stops", stops.overview),
    Operation(_POST, "/admin/stops/forecasts", stops.foresee, stops.Stop),
    Operation(_POST, "/admin/stops", stops.stop, stops.ConfirmedStop, 201),
    Operation(_DELETE, "/admin/stops", stops.lift, stops.Lift),
    Operation(_GET, "/admin/orphans", orphans.orphans),
    Operation(_DELETE, "/admin/orphans", orphans.withdraw, orphans.Withdrawal),
    Operation(_GET, "/admin/reviews", reviews.overview),
    Operation(_POST, "/admin/reviews", reviews.begin, reviews.NewReview, 201),
    Operation(_GET, "/admin/reviews/{campaign}", reviews.review),
    Operation(_POST, "/admin/reviews/{campaign}/answers", reviews.answer, reviews.Answer, 201),
    Operation(_POST, "/admin/reviews/{campaign}/close", reviews.close),
    Operation(_GET, "/admin/reviews/{campaign}/evidence", reviews.evidence),
    Operation(_GET, "/audit", audit.search, audit.Search),
    Operation(_GET, "/audit/entries/{index}", audit.entry),
    Operation(_GET, "/audit/entries/{index}/proof", audit.proof),
    Operation(_GET, "/audit/sessions", sessions.sessions, sessions.Sessions),
    Operation(_GET, "/audit/sessions/{workspace}", sessions.session, sessions.Range),
    Operation(_POST, "/audit/verify", audit.verify),
    Operation(_GET, "/audit/verification", audit.verification),
    Operation(_GET, "/audit/datasets", readers.datasets),
    Operation(_GET, "/audit/datasets/{dataset}/readers", readers.readers),
    Operation(_POST, "/audit/exports", audit_export.export, audit_export.Export),
    Operation(_GET, "/openings", openings.owned),
    Operation(_GET, "/openings/{dataset}", openings.openings, openings.Openings),
    Operation(_GET, "/trace", trace.trace, trace.Mine),
    Operation(_GET, "/trace/entries/{index}", trace.entry),
    Operation(_POST, "/trace/entries/{index}/open", trace.open_own, trace.Password),
    Operation(_GET, "/trace/entries/{index}/proof", trace.proof),
    Operation(_GET, "/audit/controls", controls.overview),
    Operation(_GET, "/audit/controls/{scope}/{period}", controls.control),
    Operation(_POST, "/audit/controls/{scope}/{period}/marks", controls.mark, controls.MarkHits),
    Operation(_POST, "/audit/controls/{scope}/{period}/signatures", controls.sign, status=201),
    Operation(_POST, "/audit/holds/{scope}", controls.place_hold, controls.Why, 201),
    Operation(_DELETE, "/audit/holds/{scope}", controls.lift_hold, controls.Why),
    Operation(_GET, "/audit/egress", controls.meter),
    Operation(_POST, "/audit/egress/lifts", controls.lift_pause, controls.Lift, 201),
    Operation(_GET, "/audit/state", ledger_state.state),
    Operation(_GET, "/catalogue", catalogue.search, catalogue.Search, public=True),
    Operation(_GET, "/catalogue/{dataset}", catalogue.dataset, public=True),
    Operation(_GET, "/catalogue/{dataset}/tables/{table}", catalogue.table, public=True),
    Operation(_PUT, "/admin/datasets/{dataset}/publication", catalogue_admin.publish, catalogue_admin.Publication),
    Operation(_GET, "/register", register.projects, public=True),
    Operation(_GET, "/register/{project}", register.project, public=True),
    Operation(_GET, "/admin/projects/{project}/register", register.entry),
    Operation(_PUT, "/admin/projects/{project}/register", register.set_entry, register.Entry),
    Operation(_POST, "/admin/projects/{project}/register/deferral", register.defer, register.Deferral),
)
