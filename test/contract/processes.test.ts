import { startProcesses } from './processes.ts';
import { servicesContract } from './services.contract.ts';

servicesContract('local processes', startProcesses);
