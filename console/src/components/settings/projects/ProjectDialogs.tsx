/** Renames, archives, brings back and deletes a project. Each says what happens to its events and keys. */
import { useState } from 'react';

import { explain, isProblem } from '../../../api/problem';
import { changeProject, deleteProject, type Project } from '../../../api/projects';
import { wrongWithName } from '../../../lib/settings/names';
import { Button } from '../../../ui/Button';
import { TextField } from '../../../ui/Field';
import { Form } from '../../../ui/Layout';
import { Confirm, Modal } from '../../../ui/Modal';
import { toast } from '../../../ui/toasts';
import { Points } from '../Grave';
import { useRefresh } from '../use-refresh';

export type ProjectAct = 'rename' | 'archive' | 'bring-back' | 'delete';

export interface ProjectDialogsProps {
  project: Project;
  act: ProjectAct | undefined;
  onClose: () => void;
  /** Goes elsewhere, before anything is asked again about what is gone. */
  onDeleted?: () => Promise<void>;
}

export function ProjectDialogs({ project, act, onClose, onDeleted }: ProjectDialogsProps) {
  const refresh = useRefresh();
  const set = async (archived: boolean) => {
    await changeProject(project.id, { archived });
    await refresh();
    toast(`${project.name} is ${archived ? 'archived' : 'back'}`);
  };
  return (
    <>
      {act === 'rename' && <RenameProject project={project} onClose={onClose} />}
      <Confirm
        title={`Archive ${project.name}?`}
        action="Archive the project"
        isOpen={act === 'archive'}
        onClose={onClose}
        onConfirm={() => set(true)}
        explain={explain}
      >
        <Points>
          {[
            'Keys and people who are limited to it read as before, and record and change nothing (403).',
            'Keys of the whole organization still record into it.',
            'Its events stay. It can be brought back at any time.',
          ]}
        </Points>
      </Confirm>
      <Confirm
        title={`Bring ${project.name} back?`}
        action="Bring it back"
        isDangerous={false}
        isOpen={act === 'bring-back'}
        onClose={onClose}
        onConfirm={() => set(false)}
        explain={explain}
      >
        Keys and people who are limited to it record and change again.
      </Confirm>
      <Confirm
        title={`Delete ${project.name}?`}
        action="Delete the project"
        typed={project.name}
        isOpen={act === 'delete'}
        onClose={onClose}
        onConfirm={async () => {
          await deleteProject(project.id);
          await onDeleted?.();
          await refresh();
          toast(`${project.name} is deleted`);
        }}
        explain={explain}
      >
        <Points>
          {[
            'Its events stay in the log, with their proofs. Only who sees the whole organization sees them.',
            'Keys that are limited to it are revoked, and nobody has a role in it any more.',
            `Its id, ${project.id}, is never used again. There is no way back.`,
          ]}
        </Points>
      </Confirm>
    </>
  );
}

const FORM = 'rename-project';

function RenameProject({ project, onClose }: { project: Project; onClose: () => void }) {
  const refresh = useRefresh();
  const [name, setName] = useState(project.name);
  const [error, setError] = useState<string>();
  const [isPending, setPending] = useState(false);
  const save = async () => {
    const wrong = wrongWithName(name);
    setError(wrong);
    if (wrong !== undefined) return;
    setPending(true);
    try {
      await changeProject(project.id, { name: name.trim() });
      await refresh();
      toast('The project has its new name');
      onClose();
    } catch (reason) {
      setError((isProblem(reason) ? reason.at('/name') : undefined) ?? explain(reason));
    } finally {
      setPending(false);
    }
  };
  return (
    <Modal
      title={`Rename ${project.name}`}
      isOpen
      onClose={onClose}
      size="s"
      footer={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} isPending={isPending}>
            Rename
          </Button>
        </>
      }
    >
      <Form id={FORM} label="Rename the project" onSubmit={() => void save()}>
        <TextField
          label="Name"
          description="Events keep naming the project by its id, which stays."
          value={name}
          onChange={setName}
          error={error}
          autoFocus
        />
      </Form>
    </Modal>
  );
}
