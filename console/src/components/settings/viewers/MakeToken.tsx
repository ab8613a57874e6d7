/**
 * Makes one viewer token by hand, to try a page or to let somebody look. Who issues tokens in a project only names
 * the project, and the issuer by the id that they were given.
 */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { explain, isProblem, type Problem } from '../../../api/problem';
import { projectsQuery } from '../../../api/projects';
import { type Issuer, type MadeToken, makeToken } from '../../../api/viewers';
import { TOKEN_LIVES } from '../../../lib/settings/viewer-tokens';
import { Button } from '../../../ui/Button';
import { Callout } from '../../../ui/Callout';
import { TextField } from '../../../ui/Field';
import { Form } from '../../../ui/Layout';
import { Modal } from '../../../ui/Modal';
import { type Option, Select } from '../../../ui/Select';
import { useStanding } from '../standing';

const FORM = 'viewer-token';
/** No project: no id is empty. */
const ALL = '';
const LIVES: readonly Option[] = TOKEN_LIVES.map(({ seconds, label }) => ({ value: String(seconds), label }));

interface Mistakes {
  issuer?: string | undefined;
  project?: string | undefined;
  actor?: string | undefined;
  target?: string | undefined;
  other?: string | undefined;
}

function mistakesOf(problem: Problem): Mistakes {
  const found: Mistakes = {
    issuer: problem.at('/issuer_id') ?? (problem.status === 404 ? problem.message : undefined),
    project: problem.at('/project_id'),
    actor: problem.at('/actor_id'),
    target: problem.at('/target_id'),
  };
  return Object.values(found).some((mistake) => mistake !== undefined) ? found : { other: explain(problem) };
}

export interface MakeTokenProps {
  /** Without it, its id is typed. */
  issuer?: Issuer | undefined;
  onClose: () => void;
  onMade: (token: MadeToken) => void;
}

/** The projects that a token can be limited to by who makes it. */
function useProjects(): Option[] {
  const { organization, mayChange } = useStanding();
  const projects = useQuery(projectsQuery(organization.id));
  const within = (projects.data ?? [])
    .filter(({ id }) => mayChange('viewers.issue', id))
    .map(({ id, name }) => ({ value: id, label: name }));
  return [...(mayChange('viewers.issue') ? [{ value: ALL, label: 'All projects' }] : []), ...within];
}

export function MakeToken({ issuer, onClose, onMade }: MakeTokenProps) {
  const projects = useProjects();
  const [issuerId, setIssuerId] = useState(issuer?.id ?? '');
  const [chosenProject, setProject] = useState<string>();
  const [actor, setActor] = useState('');
  const [target, setTarget] = useState('');
  const [life, setLife] = useState('900');
  const [mistakes, setMistakes] = useState<Mistakes>({});
  const [isPending, setPending] = useState(false);
  const project = chosenProject ?? projects[0]?.value ?? ALL;
  const showsAll = project === ALL && actor.trim() === '' && target.trim() === '';
  const make = async () => {
    if (issuerId.trim() === '') {
      setMistakes({ issuer: 'Write the id of an issuer, vis_…' });
      return;
    }
    setPending(true);
    setMistakes({});
    try {
      const made = await makeToken({
        issuer_id: issuerId.trim(),
        expires_in_seconds: Number(life),
        ...(project !== ALL && { project_id: project }),
        ...(actor.trim() !== '' && { actor_id: actor.trim() }),
        ...(target.trim() !== '' && { target_id: target.trim() }),
      });
      onMade(made);
    } catch (error) {
      setMistakes(isProblem(error) ? mistakesOf(error) : { other: explain(error) });
    } finally {
      setPending(false);
    }
  };
  return (
    <Modal
      title={issuer === undefined ? 'Make a viewer token' : `Make a viewer token of ${issuer.name}`}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} isPending={isPending}>
            Make the token
          </Button>
        </>
      }
    >
      <Form id={FORM} label="Make a viewer token" onSubmit={() => void make()}>
        {issuer === undefined && (
          <TextField
            label="Issuer"
            mono
            placeholder="vis_…"
            description="Its id. Who issues tokens in the whole organization can tell you."
            value={issuerId}
            onChange={setIssuerId}
            error={mistakes.issuer}
          />
        )}
        <Select
          label="Only of the project"
          options={projects}
          value={project}
          onChange={setProject}
          error={mistakes.project}
        />
        <TextField
          label="Only what this actor did"
          mono
          placeholder="Any actor"
          description="The id of a person, agent or program, as events have it."
          value={actor}
          onChange={setActor}
          error={mistakes.actor}
        />
        <TextField
          label="Only what was done to this target"
          mono
          placeholder="Any target"
          description="The id of a resource, such as a customer’s."
          value={target}
          onChange={setTarget}
          error={mistakes.target}
        />
        <Select label="It works for" options={LIVES} value={life} onChange={setLife} />
        {showsAll ? (
          <Callout kind="warn" title="It shows every event of the organization">
            Whoever has it reads all of them. Limit it, unless that is meant.
          </Callout>
        ) : (
          <Callout>It shows events that all of these limits let through.</Callout>
        )}
        {issuer !== undefined && mistakes.issuer !== undefined && (
          <Callout kind="bad">{mistakes.issuer}</Callout>
        )}
        {mistakes.other !== undefined && <Callout kind="bad">{mistakes.other}</Callout>}
      </Form>
    </Modal>
  );
}
