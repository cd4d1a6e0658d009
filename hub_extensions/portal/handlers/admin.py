"""Administration's pages: people, projects, one project with its members, habilitations and limits, data sets."""

from typing import Any, ClassVar

from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import Form, PageHandler
from hub_extensions.portal.verbs import admin, catalogue_admin, guarantees, project_limits, rights
from project_spaces.text import Text

SAVED = Text("Enregistré.", "Saved.")


class PeoplePage(PageHandler):
    """People: register, activate, roles, disable."""

    template = "admin_people.html"
    acts: ClassVar = {
        "create": Form(admin.create_person, Text("Personne enregistrée.", "Person registered."), admin.NewPerson),
        "activate": Form(admin.activate, Text("Nouveau code d'activation.", "New activation code."), admin.PersonRef),
        "grant_role": Form(admin.grant_role, Text("Rôle donné.", "Role given."), admin.RoleOf),
        "revoke_role": Form(admin.revoke_role, Text("Rôle retiré.", "Role taken away."), admin.RoleOf),
        "disable": Form(admin.disable, Text("Compte fermé.", "Account closed."), admin.PersonWhy),
        "enable": Form(admin.enable, Text("Compte rouvert.", "Account opened again."), admin.PersonWhy),
    }

    async def page(self) -> Page:
        """Everybody."""
        found = await self.run(admin.people, Nothing())
        enrol = f"{self.portal.public_url}/hub/enrol"
        return {**found, "roles": admin.role_choices(), "secret": None, "enrol_url": enrol}

    async def after(self, form: Form, result: Any) -> None:
        """An activation code is shown on this answer and nowhere else: not in a cookie, not in an address."""
        if form.verb in {admin.create_person, admin.activate}:
            await self.show(secret=result)
            return
        await super().after(form, result)


class ProjectsPage(PageHandler):
    """Project spaces: list, and a new one."""

    template = "admin_projects.html"
    acts: ClassVar = {
        "create": Form(
            admin.create_project,
            Text("Espace projet ouvert.", "Project space opened."),
            admin.NewProject,
            next=lambda result: f"admin/projects/{result['slug']}",
        )
    }

    async def page(self) -> Page:
        """Every project."""
        return await self.run(admin.projects, Nothing())


class ProjectPage(PageHandler):
    """One project space."""

    template = "admin_project.html"
    acts: ClassVar = {
        "change": Form(admin.change_project, SAVED, admin.ProjectChange),
        "quota": Form(
            admin.set_quota,
            Text(
                "Quota enregistré : il vaut pour les prochains démarrages.",
                "Quota saved: it holds for the next starts.",
            ),
            admin.Limits,
        ),
        "retention": Form(
            project_limits.set_retention,
            Text("Durée de conservation enregistrée.", "Retention saved."),
            project_limits.Months,
        ),
        "budget": Form(
            project_limits.set_budget,
            Text("Budget d'affichage enregistré.", "Display budget saved."),
            project_limits.Megabytes,
        ),
        "approve": Form(guarantees.approve, SAVED, guarantees.NewApproval),
        "disapprove": Form(
            guarantees.disapprove,
            Text("Autorisation retirée : le travail qui en dépend est coupé.", "Approval withdrawn: work is cut."),
            guarantees.ApprovalWhy,
        ),
        "grant_membership": Form(
            rights.grant_membership, Text("Membre ajouté.", "Member added."), rights.NewMembership
        ),
        "revoke_membership": Form(
            rights.revoke_membership, Text("Appartenance terminée.", "Membership ended."), rights.EndMembership
        ),
        "grant_habilitation": Form(
            rights.grant_habilitation, Text("Habilitation accordée.", "Habilitation granted."), rights.NewHabilitation
        ),
        "revoke_habilitation": Form(
            rights.revoke_habilitation,
            Text(
                "Habilitation retirée : les bureaux concernés sont coupés.",
                "Habilitation withdrawn: the workspaces concerned are cut.",
            ),
            rights.EndHabilitation,
        ),
    }

    async def page(self) -> Page:
        """The project, and the people and data sets to choose from."""
        found = await self.run(admin.project, Nothing())
        people = await self.run(admin.people, Nothing())
        datasets = await self.run(rights.grantable, Nothing())
        return {
            "project": found,
            "guarantees": await self.run(guarantees.project_approvals, Nothing()),
            "watch": await self.run(project_limits.settled, Nothing()),
            "people": people["people"],
            "datasets": datasets["datasets"],
            "member_roles": rights.member_roles(),
            "statuses": admin.status_choices(),
        }


class DatasetsPage(PageHandler):
    """Registered data sets."""

    template = "admin_datasets.html"
    acts: ClassVar = {
        "publish": Form(
            catalogue_admin.publish_named,
            Text("Catalogue public mis à jour.", "Public catalogue updated."),
            catalogue_admin.PublicationOf,
        ),
    }

    async def page(self) -> Page:
        """Every data set."""
        return await self.run(admin.datasets, Nothing())
