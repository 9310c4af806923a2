import { render } from 'preact';
import { Shell } from '#console/shell/shell';

const root = document.getElementById('console');
if (root !== null) render(<Shell />, root);
