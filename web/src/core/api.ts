/** Names for the schemas of `openapi.yaml`, from which `contract.d.ts` is generated. */
import type { components } from './contract';

type Schemas = components['schemas'];

export type AccessToken = Schemas['AccessToken'];
export type AccountNotice = Schemas['AccountNotice'];
export type Beneficiary = Schemas['BeneficiaryCard'];
export type Availability = Schemas['PersonAvailability'];
export type Command = Schemas['QueuedCommand'];
export type CommandResult = Schemas['CommandResult'];
export type Feedback = Schemas['Feedback'];
export type Holiday = Schemas['Holiday'];
export type Me = Schemas['Me'];
export type NewReport = Schemas['NewReport'];
export type Notice = Schemas['Notice'];
export type Outcome = Schemas['Outcome'];
export type Phase = Schemas['Phase'];
export type Place = Schemas['Place'];
export type Plan = Schemas['Plan'];
export type PlanVisit = Schemas['PlanVisit'];
export type ProblemBody = Schemas['Problem'];
export type Proposal = Schemas['Proposal'];
export type Push = Schemas['Push'];
export type RowType = Schemas['RowType'];
export type ServiceKind = Schemas['ServiceKind'];
export type SessionList = Schemas['SessionList'];
export type Shift = Schemas['Shift'];
export type Station = Schemas['Station'];
export type Synced = Schemas['Synced'];
export type Task = Schemas['Task'];
export type Vocabulary = Schemas['Vocabulary'];
export type Weekday = Schemas['Weekday'];
export type Workload = Schemas['Workload'];
