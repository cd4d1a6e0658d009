"""The public page of questions: read by everybody, in both languages, and each answer leads to a page that there is."""

import aiohttp

from hub_extensions.portal.questions import QUESTIONS
from hub_extensions.portal.testing import ANA, World
from tests.portal.test_access import sign_in
from tests.portal.test_pages import Browser


async def test_everybody_reads_them_in_both_languages(world: World, client: aiohttp.ClientSession) -> None:
    for language, index in (("fr", 0), ("en", 1)):
        async with client.get(f"{world.address}questions?lang={language}") as answer:
            page = await answer.text()
            assert answer.status == 200
            assert f'<html lang="{language}">' in page
        for chapter, questions in QUESTIONS.items():
            assert chapter[index] in page
            assert all(f'id="{each.name}"' in page for each in questions)
    names = [each.name for questions in QUESTIONS.values() for each in questions]
    assert len(names) == len(set(names))


async def test_each_answer_leads_to_a_page_that_there_is(world: World, client: aiohttp.ClientSession) -> None:
    await sign_in(world, client, ANA)
    browser = Browser(world, client)
    for each in (one for questions in QUESTIONS.values() for one in questions if one.link is not None):
        if "://" not in each.page:
            assert "<h1>" in await browser.get(each.page)
