/**
 * The pages of the settings, and which of them a person is shown. A page that a role shows nothing of is left
 * out: it would only say so. What may be changed on a page is the page's to say.
 *
 * It must hold that nobody is kept from what the server would show: where in doubt, the page is there and tells.
 */
import type { SettingsPage } from '../../api/places';
import { may, mayAnywhere, type OwnOrganization } from '../../api/session';

export interface SettingsLink {
  page: SettingsPage;
  label: string;
}

export interface SettingsGroup {
  title: string;
  links: readonly SettingsLink[];
}

interface Section extends SettingsLink {
  isShown: (organization: OwnOrganization) => boolean;
}

const always = () => true;
const readsSettings = (organization: OwnOrganization) => mayAnywhere(organization, 'settings.read');
const seesMembers = (organization: OwnOrganization) => mayAnywhere(organization, 'members.read');

/** Whether the server shows the person any projects at all. */
export function seesProjects(organization: OwnOrganization): boolean {
  return mayAnywhere(organization, 'settings.read') || organization.projects.length > 0;
}

const GROUPS: readonly { title: string; sections: readonly Section[] }[] = [
  {
    title: 'Organization',
    sections: [
      // Everybody has a name, an id and a way out of the organization.
      { page: 'organization', label: 'General', isShown: always },
      {
        page: 'projects',
        label: 'Projects',
        isShown: (organization) => seesProjects(organization) || may(organization, 'projects.create'),
      },
      { page: 'retention', label: 'Retention', isShown: readsSettings },
      {
        page: 'redaction',
        label: 'Redaction',
        isShown: (organization) =>
          may(organization, 'settings.read') || may(organization, 'organization.manage'),
      },
      { page: 'audit', label: 'Audit', isShown: (organization) => may(organization, 'events.read') },
    ],
  },
  {
    title: 'People',
    sections: [
      { page: 'members', label: 'Members', isShown: seesMembers },
      {
        page: 'invitations',
        label: 'Invitations',
        isShown: (organization) => seesMembers(organization) || mayAnywhere(organization, 'members.manage'),
      },
      { page: 'roles', label: 'Roles', isShown: readsSettings },
      { page: 'sso', label: 'Single sign-on', isShown: (organization) => may(organization, 'sso.manage') },
    ],
  },
  {
    title: 'Access',
    sections: [
      {
        page: 'keys',
        label: 'API keys',
        isShown: (organization) => mayAnywhere(organization, 'keys.manage'),
      },
      {
        page: 'viewers',
        label: 'Viewer tokens',
        isShown: (organization) => mayAnywhere(organization, 'viewers.issue'),
      },
    ],
  },
];

export function sectionsOf(organization: OwnOrganization): SettingsGroup[] {
  return GROUPS.map(({ title, sections }) => ({
    title,
    links: sections
      .filter(({ isShown }) => isShown(organization))
      .map(({ page, label }) => ({ page, label })),
  })).filter(({ links }) => links.length > 0);
}
