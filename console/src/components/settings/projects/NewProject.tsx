/** Makes a project. */
import { useState } from 'react';

import { explain, isProblem, type Problem } from '../../../api/problem';
import { createProject, type Project, type ProjectKind } from '../../../api/projects';
import { wrongWithName, wrongWithProjectId } from '../../../lib/settings/names';
import { Button } from '../../../ui/Button';
import { Callout } from '../../../ui/Callout';
import { Radios } from '../../../ui/Choice';
import { TextField } from '../../../ui/Field';
import { Form } from '../../../ui/Layout';
import { Modal } from '../../../ui/Modal';
import { KINDS } from './kinds';

const FORM = 'new-project';

export interface NewProjectProps {
  isOpen: boolean;
  onClose: () => void;
  onMade: (project: Project) => Promise<void>;
}

export function NewProject(props: NewProjectProps) {
  return props.isOpen && <NewProjectForm {...props} />;
}

interface Mistakes {
  name?: string | undefined;
  id?: string | undefined;
  other?: string | undefined;
}

function mistakesOf(problem: Problem): Mistakes {
  const name = problem.at('/name');
  const id =
    problem.at('/id') ??
    (isProblem(problem, 'project_exists', 'project_deleted') ? problem.message : undefined);
  return name === undefined && id === undefined ? { other: explain(problem) } : { name, id };
}

function NewProjectForm({ onClose, onMade }: NewProjectProps) {
  const [name, setName] = useState('');
  const [id, setId] = useState('');
  const [kind, setKind] = useState<ProjectKind>('project');
  const [mistakes, setMistakes] = useState<Mistakes>({});
  const [isPending, setPending] = useState(false);
  const make = async () => {
    const wrong: Mistakes = { name: wrongWithName(name), id: wrongWithProjectId(id.trim()) };
    setMistakes(wrong);
    if (wrong.name !== undefined || wrong.id !== undefined) return;
    setPending(true);
    try {
      const chosenId = id.trim();
      const made = await createProject({
        name: name.trim(),
        kind,
        ...(chosenId === '' ? {} : { id: chosenId }),
      });
      await onMade(made);
    } catch (error) {
      setMistakes(isProblem(error) ? mistakesOf(error) : { other: explain(error) });
    } finally {
      setPending(false);
    }
  };
  return (
    <Modal
      title="New project"
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} isPending={isPending}>
            Create the project
          </Button>
        </>
      }
    >
      <Form id={FORM} label="New project" onSubmit={() => void make()}>
        <TextField label="Name" value={name} onChange={setName} error={mistakes.name} isRequired autoFocus />
        <Radios label="What it stands for" options={KINDS} value={kind} onChange={setKind} />
        <TextField
          label="Id"
          mono
          value={id}
          onChange={setId}
          error={mistakes.id}
          placeholder="prj_…"
          description="As your platform has it: events name the project by it, and those that did so before become the project’s own. Left empty, one is made. It cannot be changed."
        />
        {mistakes.other !== undefined && <Callout kind="bad">{mistakes.other}</Callout>}
      </Form>
    </Modal>
  );
}
