/** The filter window, as somebody with a pointer uses it. */
import type { Locator, Page } from 'playwright-core';

export type Operator = 'Is Equal To' | 'Is Not Equal To';

export function filterIcon(page: Page): Locator {
  return page.getByRole('button', { name: /^Filter( \(\d+\))?$/ });
}

export async function openFilters(page: Page): Promise<Locator> {
  await filterIcon(page).click();
  const window = page.getByRole('dialog', { name: 'Filter By' });
  await window.getByRole('tab', { name: 'AND' }).waitFor();
  return window;
}

/** Adds a filter, and fills it with what is offered. */
export async function addFilter(
  page: Page,
  column: 'Category' | 'Event' | 'User',
  operator: Operator,
  value: string,
): Promise<void> {
  const window = page.getByRole('dialog', { name: 'Filter By' });
  await window.getByRole('button', { name: 'Add Filter' }).click();
  const row = window.getByRole('group', { name: /^Filter \d+$/ }).last();
  await fillCombo(page, row, 'Select Column', column);
  await row.getByRole('button', { name: /Select Operator/ }).click();
  await page.getByRole('option', { name: operator, exact: true }).click();
  await fillCombo(page, row, 'Enter Value', value);
}

/** Types a value, and takes it from the list below. */
async function fillCombo(page: Page, row: Locator, label: string, value: string): Promise<void> {
  await row
    .locator('input')
    .nth(label === 'Select Column' ? 0 : 1)
    .fill(value);
  const exactly = new RegExp(`^${value.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(\\s*[\\d.,]+( k)?)?$`, 'i');
  await page.getByRole('option', { name: exactly }).first().click();
  await page.getByRole('listbox').waitFor({ state: 'detached' });
}
