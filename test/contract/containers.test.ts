import { startContainers } from './containers.ts';
import { servicesContract } from './services.contract.ts';

servicesContract('containers', startContainers);
